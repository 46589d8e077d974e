"""A channel that is built by docs/extending.md alone works from the booking to its delivery, beside e-mail."""

import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from shared.ids import new_id
from tests.support.repository import ROOT
from tests.support.waiting import eventually
from tests.support.world import World

CREATED: Final = "appointment_created_email"
TOY: Final = Path(__file__).parent / "toy"
MODEL: Final = "shared/jobs/model.py"
NOTIFIER: Final = "notifier_service/notifier.py"
IMPORT: Final = "from notifier_service.channels.adapter import ChannelAdapter\n"
EDITS: Final = (
    (MODEL, '    EMAIL = "email"\n', '    EMAIL = "email"\n    TOY = "toy"\n'),
    (MODEL, "(Channel.EMAIL,)", "(Channel.EMAIL, Channel.TOY)"),
    (NOTIFIER, "{Channel.EMAIL: email", "{Channel.TOY: ToyChannel(), Channel.EMAIL: email"),
    (NOTIFIER, IMPORT, IMPORT + "from notifier_service.channels.toy.channel import ToyChannel\n"),
)
"""The lines of docs/extending.md: file, before, after."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages that has the toy channel."""
    for package in ("api_service", "notifier_service", "shared"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TOY, tmp_path / "notifier_service" / "channels" / "toy")
    for file, before, after in EDITS:
        text = (tmp_path / file).read_text("utf-8")
        assert before in text, f"{file} has no {before!r}"
        (tmp_path / file).write_text(text.replace(before, after), "utf-8")
    return tmp_path


async def test_it_is_told_beside_email_by_its_own_rules_and_once_in_the_app(world: World, house: Path) -> None:
    outbox = house / "outbox"
    await world.database.execute(
        "INSERT INTO suppressions (id, address, reason, created_by)"
        " VALUES ($1, 'client-1@patients.example', 'bounced', 'o')",
        new_id(),
    )
    own: dict[str, Any] = {"PYTHONPATH": str(house), "TOY_OUTBOX": str(outbox)}

    def told() -> list[tuple[str, str]]:
        lines = outbox.read_text().splitlines() if outbox.exists() else []
        return sorted((client, kind) for client, kind, _ in map(str.split, lines))

    async with world.api(**own) as api, world.notifier(EMAIL_RATE="0.001", **own) as notifier:
        names = ("client-1", "client-2", "client-3", "client-without-toys")
        clients = {name: world.client(api, name) for name in names}
        for client in clients.values():
            await client.book()
        # neither a suppressed e-mail address nor the e-mail rate stops it; its own rule does
        await eventually(lambda: told() == [(name, CREATED) for name in names[:3]])
        assert len(world.mails()) <= 1

        async def one_each() -> bool:
            inboxes = [(await client("GET", "/api/client/notifications")).body["items"] for client in clients.values()]
            return all([each["kind"] for each in inbox] == [CREATED] for inbox in inboxes)

        await eventually(one_each)

        async def all_ended() -> bool:
            rows = await world.database.fetch(
                "SELECT client_id, state, retries, reason FROM jobs WHERE kind = $1 AND channel = 'toy'", CREATED
            )
            ended = {row["client_id"]: (row["state"], row["retries"], row["reason"]) for row in rows}
            expected = dict.fromkeys(names[:3], ("succeeded", 1, None))
            assert ended == expected | {names[3]: ("skipped", 0, "the client wants no toys")}
            return True

        await eventually(all_ended)
        sample = 'punctual_jobs_finished_total{{channel="toy",kind="{}",outcome="{}"}}'
        await notifier.shows(sample.format(CREATED, "succeeded"), 3)
        await notifier.shows(sample.format(CREATED, "skipped"), 1)
        [job] = (await world.operator(api)("GET", "/api/ops/jobs?clientId=client-2&state=succeeded")).body["items"][:1]
        assert job["channel"] in ("toy", "email")
        failed = await world.database.fetch("SELECT * FROM recent_jobs WHERE channel = 'toy' AND state = 'succeeded'")
        assert len(failed) == 3
