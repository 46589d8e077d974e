"""Claims jobs for a worker: the transition to processing, with the in-app notification of the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Row
from shared.jobs.store.rows import columns

_SQL: Final = statements("shared.jobs.sql", "claiming.sql")
_PLACE: Final = "{rules}"


class Verdict(StrEnum):
    """The answer of a claim to a ticket."""

    CLAIMED = "claimed"  # ours: tell the client
    STALE = "stale"  # redelivered, duplicated or replayed: the row has moved on
    CANCELLED = "cancelled"  # cancelled or skipped before it was claimed
    SUPERSEDED = "superseded"  # the client was told of something newer: cancelled just now, and nobody is told
    WAITING = "waiting"  # an older job of its appointment is on its way: the sweep will come back to it
    EARLY = "early"  # not due for more than a second: the sweep will come back to it
    TOO_LATE = "too_late"  # the appointment has begun: skipped, and nobody is told
    OPTED_OUT = "opted_out"  # skipped by its channel; the in-app notification was written
    SUPPRESSED = "suppressed"  # the same: the recipient cannot be reached
    UNKNOWN = "unknown"  # no such job: pruned, or of another database


SKIPPED: Final = frozenset({Verdict.TOO_LATE, Verdict.OPTED_OUT, Verdict.SUPPRESSED})
"""The row is skipped with this claim."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of a channel in the claim: a fragment of the statement, and the parameters from $10 on.

    The fragment is one or more common table expressions. It reads `judged`: a row for each job that is locked, with its
    `verdict`, `kind`, `recipient`, `mail_turn` and `client` (the row of `clients`). It ends with `admitted`: the same
    rows and columns, and these besides.

    - `refused`: a Verdict of this channel, null where the job may go. Only for a verdict of 'claimed'.
    - `reason`: the words for the row of a job that is refused.
    - `not_before`: when the job may go, kept in the row; null where that is not known yet.
    - `is_limited`: whether `not_before` counts now.
    """

    fragment: str
    parameters: tuple[Any, ...] = ()


NO_RULES: Final = Rules(_SQL["no_rules"])
"""Nobody is refused, and nobody waits."""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A ticket with the in-app notification that its claim writes (none without a title), and whom its channel would
    tell, in the form that the channel compares (an e-mail address in its normal form)."""

    job_id: UUID
    attempt: int
    notification_id: UUID
    title: str | None
    body: str | None
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The job is ours: its row is `processing`. `told`: whether the in-app notification is new.

    `not_before`: when it may go, as an earlier attempt was told. `wait`: seconds until it may go, negative when it may;
    None where its channel cannot say yet.
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
    """The job is not ours; its `verdict` says why. `told`: whether the in-app notification is new."""

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
    """→ processing for `lease` seconds, and writes the in-app notifications; one answer a request, in order.

    All requests are of one channel, whose `rules` these are. A reminder's first attempt that comes more than
    `max_lateness` seconds after it was due is too late.

    Of several tickets for one job only the newest is tried, once; the others are answered STALE.
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
    """The claim with a channel's rules in it; one text a channel, so that it is prepared once a connection."""
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
