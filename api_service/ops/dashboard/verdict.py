"""Says in one sentence whether mail is going out, and if not, why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from api_service.ops.dashboard.texts import ago, plural, span

LATE: Final = 60.0
"""Seconds that a due job may wait before it is worth a word."""
SILENT: Final = 60.0
"""Seconds after which a worker that has something to do and claims nothing counts as silent."""

Level = Literal["succeeded", "retrying", "failed"]


@dataclass(frozen=True, slots=True)
class Signs:
    """What there is to judge by. `oldest`: seconds that the oldest due job has waited; `parked`: the words of the
    mail that has waited longest for a mail server which is away or refuses us, `parked_since` then."""

    sent_last_hour: int
    failed_last_hour: int
    oldest: float
    paused: Sequence[str]
    parked: str | None
    last_claim: datetime | None
    last_sent: datetime | None
    parked_since: datetime | None = None


def judged(signs: Signs, now: datetime) -> tuple[Level, str]:
    """How bad it is, and the sentence. The first cause that holds is named.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2027, 1, 5, tzinfo=UTC)
    >>> judged(Signs(1204, 0, 0.0, (), None, now, now), now)
    ('succeeded', 'Mail is going out: 1,204 sent in the last hour, nothing waits.')
    >>> judged(Signs(0, 0, 90.0, ("high",), None, now, now), now)[1]
    'Mail is held back: the queue high is paused, and the oldest due job has waited 1 min.'
    """
    waits = f"the oldest due job has waited {span(signs.oldest)}" if signs.oldest >= 1 else "nothing waits"
    if signs.paused:
        names = " and ".join(signs.paused)
        verb = "queue {} is" if len(signs.paused) == 1 else "queues {} are"
        return "retrying", f"Mail is held back: the {verb.format(names)} paused, and {waits}."
    if signs.parked is not None:
        return "failed", f"Mail waits: {_why(signs, now)}, and {waits}."
    if signs.oldest >= LATE:
        idle = None if signs.last_claim is None else (now - signs.last_claim).total_seconds()
        silent = idle is None or idle > SILENT
        cause = "there is a backlog" if not silent else f"no worker has claimed a job {_for(idle)}"
        return "failed" if silent else "retrying", f"Mail is late: {cause}, and {waits}."
    if signs.failed_last_hour:
        failed = plural(signs.failed_last_hour, "job")
        return (
            "retrying",
            f"Mail is going out, but {failed} failed in the last hour; {signs.sent_last_hour:,} were sent.",
        )
    if signs.sent_last_hour:
        return "succeeded", f"Mail is going out: {signs.sent_last_hour:,} sent in the last hour, {waits}."
    last = f"The last mail went out {ago(signs.last_sent, now)}." if signs.last_sent else "No mail has gone out yet."
    return "succeeded", f"All is quiet: nothing is due. {last}"


def _why(signs: Signs, now: datetime) -> str:
    """Our own words of the error, without the server's, which may echo an address."""
    ours = (signs.parked or "").partition(":")[0]
    why = ours if ours.startswith(("the mail server ", "no TLS ")) else "the mail server is away"
    since = "" if signs.parked_since is None else f", for {span((now - signs.parked_since).total_seconds())}"
    return why + since


def _for(seconds: float | None) -> str:
    return "within a day" if seconds is None else f"for {span(seconds)}"
