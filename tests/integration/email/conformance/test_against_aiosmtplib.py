"""The same table against aiosmtplib's own sendmail: where it ends otherwise, it is written down who is right."""

import asyncio
from typing import Final

import aiosmtplib
import pytest

from tests.integration.email.conformance.answers import KINDS, TIMEOUT, Kind
from tests.integration.email.conformance.converse import MESSAGE, SENDER
from tests.integration.email.conformance.table import expected
from tests.support.scripted_smtp import EXTENSIONS, STAGES, Answer, Stage, scripted

TO: Final = "client@patients.example"
DIFFERENT: Final[dict[tuple[str, Stage], str]] = {
    (
        "the right one, twice",
        "hello",
    ): "ours is right: aiosmtplib takes the second reply for the answer to MAIL, and the"
    " others for those to the commands before them; we drop it when we take the connection over",
}
"""Who is right, and why. That it reports other codes than ours, or none, where both fail is not compared."""


async def theirs(kind: Kind, stage: Stage) -> bool:
    """Whether aiosmtplib says that the mail was sent."""
    answer = kind.make(stage)
    async with scripted({stage: answer}) as server:
        server.extensions = EXTENSIONS[1:]
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=server.port,
            timeout=_timeout(kind, stage, answer),
            start_tls=False,
            local_hostname="x.example",
        )
        try:
            await client.connect()
            await client.sendmail(SENDER, [TO], MESSAGE)
        except (aiosmtplib.SMTPException, OSError):
            return False
        finally:
            client.close()
        return True


def _timeout(kind: Kind, stage: Stage, answer: Answer) -> float:
    """Seconds for a reply: short where none comes, long where a busy machine may be late."""
    if answer.late or answer.then == "hangs":
        return TIMEOUT
    if kind.name == "the right one, twice" and stage in ("connect", "hello", "mail", "recipient"):
        return 2.0  # aiosmtplib takes each reply for the next command's, and waits for one more at the end
    return 30.0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.strip("`"))
async def test_it_ends_alike_but_where_it_is_written_down(kind: Kind) -> None:
    came = await asyncio.gather(*(theirs(kind, stage) for stage in STAGES))
    ours = [expected(kind.name, stage, pipelining=False).startswith("sent") for stage in STAGES]
    differ = {stage for stage, mine, other in zip(STAGES, ours, came, strict=True) if mine != other}
    assert differ == {stage for name, stage in DIFFERENT if name == kind.name}
