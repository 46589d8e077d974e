"""Claims jobs for a worker: the transition to processing, with the in-app notification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.store.rows import columns

_SQL: Final = statements("shared.jobs.sql", "claiming.sql")


class Verdict(StrEnum):
    """What a claim answers to a ticket."""

    CLAIMED = "claimed"  # ours: send it
    STALE = "stale"  # redelivered, duplicated or replayed: the row has moved on
    CANCELLED = "cancelled"  # cancelled or skipped before it was claimed
    SUPERSEDED = "superseded"  # the client was told of something newer: cancelled just now, and nobody is told
    WAITING = "waiting"  # an older mail of its appointment is on its way: the sweep will come back to it
    EARLY = "early"  # not due for more than a second: the sweep will come back to it
    TOO_LATE = "too_late"  # the appointment has begun: skipped, and nobody is told
    OPTED_OUT = "opted_out"  # skipped; the in-app notification was written
    SUPPRESSED = "suppressed"  # the same: mail does not reach the address
    UNKNOWN = "unknown"  # no such job: pruned, or of another database


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A ticket with the in-app notification that its claim writes (none without a title), and the address that its mail
    would go to (normalised)."""

    job_id: UUID
    attempt: int
    notification_id: UUID
    title: str | None
    body: str | None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to one ticket. Beside `verdict`, `told` says whether the notification is new;
    the rest is None unless the row was moved."""

    job_id: UUID
    verdict: Verdict
    told: bool = False
    attempt: int | None = None
    retries: int | None = None
    created_at: datetime | None = None
    due_at: datetime | None = None
    published_at: datetime | None = None
    started_at: datetime | None = None
    mail_turn: datetime | None = None  # given at an earlier attempt
    wait: float | None = 0.0
    """Seconds until the turn of its mail, negative when it has come; None where its address has none to give now."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Turns of an address's mails: `gap` seconds apart, `ahead` seconds' worth of them at once after a pause, and none
    given out more than `most` seconds ahead."""

    gap: float
    ahead: float
    most: float


async def claim(
    executor: Executor,
    requests: Sequence[ClaimRequest],
    *,
    owner: str,
    lease: float,
    max_lateness: float | None = None,
    allowance: Allowance | None = None,
) -> list[Claim]:
    """→ processing for `lease` seconds, writes the in-app notifications and takes the turns of the mails, as far as
    there is an `allowance`; one answer a request, in order.

    A reminder's first attempt that comes more than `max_lateness` seconds after it was due is too late.

    Of several tickets for one job only the newest is tried, once; the others are answered STALE.
    """
    newest: dict[UUID, int] = {}
    for place, request in enumerate(requests):
        if request.attempt > requests[newest.setdefault(request.job_id, place)].attempt:
            newest[request.job_id] = place
    tried = [requests[place] for place in newest.values()]
    rows = await executor.fetch(
        _SQL["claim"],
        *columns([(r.job_id, r.attempt, r.notification_id, r.title, r.body, r.address) for r in tried], 6),
        owner,
        lease,
        max_lateness,
        *((None, None, None) if allowance is None else (allowance.gap, allowance.ahead, allowance.most)),
    )
    answers = {row["job_id"]: _claim(row) for row in rows}
    return [
        answers[request.job_id] if newest[request.job_id] == place else Claim(request.job_id, Verdict.STALE)
        for place, request in enumerate(requests)
    ]


def _claim(row: Any) -> Claim:
    return Claim(
        job_id=row["job_id"],
        verdict=Verdict(row["verdict"]),
        told=row["told"],
        attempt=row["attempt"],
        retries=row["retries"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        published_at=row["published_at"],
        started_at=row["started_at"],
        mail_turn=row["mail_turn"],
        wait=row["wait"],
    )
