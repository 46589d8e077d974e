"""Claims jobs for a worker: the transition to processing, with the in-app notification of the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs.store.rows import columns

_SQL: Final = statements("shared.jobs.sql", "claiming.sql")
_PLACE: Final = "{rules}"


class Verdict(StrEnum):
    """The answer of a claim to a ticket."""

    CLAIMED = "claimed"  # ours: deliver it
    STALE = "stale"  # redelivered, duplicated or replayed: the row has a newer attempt
    CANCELLED = "cancelled"  # cancelled or skipped before it was claimed
    SUPERSEDED = "superseded"  # the client was told of a newer change: cancelled just now, nothing is delivered
    WAITING = "waiting"  # an older job of its appointment is under way: the sweep publishes this one again
    EARLY = "early"  # not due for more than a second: the sweep publishes it again
    TOO_LATE = "too_late"  # the appointment has begun: skipped, nothing is delivered
    OPTED_OUT = "opted_out"  # skipped by its channel; the in-app notification was written
    SUPPRESSED = "suppressed"  # the same: the recipient cannot be reached
    NOTHING = "nothing"  # skipped: a doctor's day has no appointment left, or the doctor wants no such mails any more
    UNKNOWN = "unknown"  # no such job: it was pruned, or belongs to another database


SKIPPED: Final = frozenset({Verdict.TOO_LATE, Verdict.OPTED_OUT, Verdict.SUPPRESSED, Verdict.NOTHING})
"""The verdicts with which the claim skips the row."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a channel in the claim: a fragment of the statement, and its parameters from $10 on.

    The fragment is one or more common table expressions. It reads `judged`: a row for each locked job, with its
    `verdict`, `kind`, `recipient`, `mail_turn` and `client` (the row of `clients`). It ends with `admitted`: the same
    rows and columns, and these in addition.

    - `refused`: a Verdict of this channel; null when the job may go. Only for a verdict of 'claimed'.

    - `reason`: the text for the row of a refused job.

    - `not_before`: the time from which the job may go, kept in the row; null while it is not known.

    - `is_limited`: whether `not_before` counts now.
    """

    fragment: str
    parameters: tuple[Any, ...] = ()


NO_RULES: Final = Rules(_SQL["no_rules"])
"""The rules of a channel that refuses nobody, and lets nobody wait."""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A ticket, the in-app notification that its claim writes (none without a title), and the recipient in the form
    that the channel compares (an e-mail address in its normal form)."""

    job_id: UUID
    attempt: int
    notification_id: UUID
    title: str | None
    body: str | None
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The job is ours: its row is `processing`.

    `told`: whether the in-app notification is new. `not_before`: the time from which it may go, as an earlier attempt
    learned. `wait`: seconds until it may go, negative when it may go now; None if its channel cannot say yet.
    """

    job_id: UUID
    attempt: int
    retries: int
    created_at: datetime
    due_at: datetime
    published_at: datetime | None
    started_at: datetime
    not_before: datetime | None = None
    wait: float | None = 0.0
    told: bool = False
    verdict: ClassVar[Literal[Verdict.CLAIMED]] = Verdict.CLAIMED


@dataclass(frozen=True, slots=True)
class Refused:
    """The job is not ours; `verdict` says why. `told`: whether the in-app notification is new."""

    job_id: UUID
    verdict: Verdict
    told: bool = False


Claim = Claimed | Refused


async def claim(
    executor: Executor,
    requests: Sequence[ClaimRequest],
    *,
    owner: str,
    lease: float,
    max_lateness: float | None = None,
    rules: Rules = NO_RULES,
) -> list[Claim]:
    """→ processing for `lease` seconds; also writes the in-app notifications. Returns one answer for each request, in
    order.

    All requests belong to one channel, with these `rules`. The first attempt of a reminder is too late when it comes
    more than `max_lateness` seconds after it was due. Of several tickets for one job only the newest is tried, once;
    all others are answered STALE.
    """
    newest: dict[UUID, int] = {}
    for place, request in enumerate(requests):
        if request.attempt > requests[newest.setdefault(request.job_id, place)].attempt:
            newest[request.job_id] = place
    tried = [requests[place] for place in newest.values()]
    rows = await executor.fetch(
        claim_statement(rules.fragment),
        *columns([(r.job_id, r.attempt, r.notification_id, r.title, r.body, r.recipient) for r in tried], 6),
        owner,
        lease,
        max_lateness,
        *rules.parameters,
    )
    answers = {row["job_id"]: _claim(row) for row in rows}
    return [
        answers[request.job_id] if newest[request.job_id] == place else Refused(request.job_id, Verdict.STALE)
        for place, request in enumerate(requests)
    ]


@cache
def claim_statement(fragment: str) -> str:
    """The claim with a channel's rules in it. One text for each channel, so that each connection prepares it once."""
    return _SQL["claim"].replace(_PLACE, fragment)


def _claim(row: Row) -> Claim:
    if row["verdict"] != Verdict.CLAIMED:
        return Refused(row["job_id"], Verdict(row["verdict"]), row["told"])
    return Claimed(
        job_id=row["job_id"],
        attempt=row["attempt"],
        retries=row["retries"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        published_at=row["published_at"],
        started_at=row["started_at"],
        not_before=row["not_before"],
        wait=row["wait"],
        told=row["told"],
    )
