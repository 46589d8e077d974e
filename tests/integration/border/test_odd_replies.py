"""Whatever bytes a mail server answers, the job ends in words that can be stored, and its neighbours' mails go out."""

import re
from typing import Any

from tests.support.raw_smtp import raw_smtp
from tests.support.waiting import eventually
from tests.support.world import World

REPLIES = {
    "nul": (b"550 5.1.1 no\x00 such user\r\n", r"550 5.1.1 no\x00 such user"),
    "many-lines": (b"550-a\x00\r\n550 b\x00\r\n", "550 a\\x00\nb\\x00"),
    "no-utf8": (b"550 \xff\xfe\r\n", "550 "),
    "surrogate": (b"550 \xed\xa0\x80\r\n", "550 "),
    "escapes": (b"550 \x1b[2J\x07\x9b\r\n", r"550 \x1b[2J\x07"),
    "long": (b"550 " + b"x" * 20_000 + b"\r\n", "550 xxx"),
    "line-separator": ("550 a\u2028b\r\n".encode(), r"550 a\u2028b"),
}


async def the_error(world: World, job_id: str) -> str | None:
    row = await world.database.fetchrow("SELECT error FROM jobs WHERE id = $1 AND state = 'failed'", job_id)
    return None if row is None else str(row["error"])


async def test_each_fails_its_own_job_in_readable_words_and_nobody_elses(world: World) -> None:
    async with raw_smtp() as server, world.api() as api, world.notifier(SMTP_PORT=str(server.port)) as notifier:
        booked: dict[str, dict[str, Any]] = {}
        for name, (reply, _) in REPLIES.items():
            server.replies[f"{name}@patients.example"] = reply
            booked[name] = await world.client(api, name).book()
            await world.client(api, f"neighbour-of-{name}").book()
        for name, (_, words) in REPLIES.items():
            [job_id] = [job["id"] for job in booked[name]["jobs"] if job["kind"] == "appointment_created_email"]
            error = await eventually(lambda job_id=job_id: the_error(world, job_id)) or ""  # type: ignore[misc]
            assert error.startswith(words), name
            assert not re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028]", error)
            assert len(error) <= 10_000
        await eventually(lambda: len(server.taken) == len(REPLIES))
        assert set(server.taken) == {f"neighbour-of-{name}@patients.example" for name in REPLIES}
    assert "Traceback" not in notifier.log.read_text()
