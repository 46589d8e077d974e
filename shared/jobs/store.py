"""Moves jobs in PostgreSQL: one statement a transition, over arrays, each with its guard (sql/store.sql)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs import metrics
from shared.jobs.model import FINAL, MAX_LOST, Kind, State, Ticket

HEAD_START: Final = 5.0
"""Seconds that the sweeps leave a job to the relay of the process that has committed it."""
_SQL: Final = statements("shared.jobs.sql", "store.sql")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created with its appointment."""

    id: UUID
    kind: Kind
    due_at: datetime | None  # None: now, by the database's clock
    expires_at: datetime | None = None


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


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    RETRYING = "retrying"  # try again after `delay`
    FAILED = "failed"  # a person must look
    SKIPPED = "skipped"  # no mail may go; the row says why
    PARKED = "parked"  # the mail server is away: waits uncounted, back after `delay`


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an attempt. `delay` in seconds; `reply_code` is SMTP's. `away`: it waits for a mail server that is
    away or refuses us. `bound_to`: the mail server that may have the mail."""

    job_id: UUID
    attempt: int
    outcome: Outcome
    delay: float | None = None
    reply_code: int | None = None
    error: str | None = None
    reason: str | None = None
    away: bool = False
    bound_to: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A row after its attempt's end was committed; `ticket` is its next attempt's."""

    ticket: Ticket
    state: State


async def create(
    executor: Executor,
    jobs: Sequence[NewJob],
    *,
    appointment_id: UUID,
    client_id: str,
    request_id: str | None = None,
    traceparent: str | None = None,
    head_start: float = HEAD_START,
) -> list[tuple[Ticket, State]]:
    """→ scheduled, or skipped where `due_at` has passed. Joins the caller's transaction."""
    rows = await executor.fetch(
        _SQL["create"],
        [job.id for job in jobs],
        [job.kind for job in jobs],
        [job.kind.priority for job in jobs],
        [appointment_id] * len(jobs),
        [client_id] * len(jobs),
        [job.due_at for job in jobs],
        [job.expires_at for job in jobs],
        request_id,
        traceparent,
        head_start,
    )
    _count_final(rows)
    return [(Ticket.from_row(row), State(row["state"])) for row in rows]


async def mark_enqueued(executor: Executor, tickets: Iterable[Ticket]) -> int:
    """scheduled → enqueued after the broker's confirm; the number of rows that were still scheduled."""
    pairs = [(ticket.job_id, ticket.attempt) for ticket in tickets]
    return len(await executor.fetch(_SQL["mark_enqueued"], *_columns(pairs, 2)))


async def take_due(executor: Executor, *, limit: int, lease: float) -> list[Ticket]:
    """At most `limit` scheduled tickets whose time has come, leased from other relays for `lease` seconds."""
    return [Ticket.from_row(row) for row in await executor.fetch(_SQL["take_due"], limit, lease)]


async def take_ahead(executor: Executor, *, limit: int, horizon: float, lease: float) -> list[tuple[Ticket, float]]:
    """At most `limit` scheduled tickets that are due within `horizon` seconds, and the seconds left for each;
    leased from other relays for `lease` seconds."""
    rows = await executor.fetch(_SQL["take_ahead"], limit, horizon, lease)
    return [(Ticket.from_row(row), row["seconds_left"]) for row in rows]


async def held_by_broker(executor: Executor, *, most: int) -> int:
    """How many messages a delaying broker holds, counted no further than `most`."""
    row = await executor.fetchrow(_SQL["held_by_broker"], most)
    return 0 if row is None else int(row[0])


async def take_back_held(executor: Executor, *, limit: int) -> int:
    """enqueued → scheduled, of at most `limit` rows that a delaying broker was given and that are not due."""
    return len(await executor.fetch(_SQL["take_back_held"], limit))


async def reconcile(executor: Executor, *, after: UUID, limit: int) -> tuple[int, UUID]:
    """enqueued, retrying → scheduled, of at most `limit` rows after an id; how many, and the id to go on after."""
    moved = [row["id"] for row in await executor.fetch(_SQL["reconcile"], after, limit)]
    return len(moved), max(moved, default=after)


async def seconds_until_due(executor: Executor) -> float | None:
    """Seconds until the next scheduled row wants publishing; negative when late, None without any."""
    row = await executor.fetchrow(_SQL["seconds_until_due"])
    return None if row is None else row[0]


async def take_lost(
    executor: Executor, *, queue: str, limit: int, grace: float, queue_empty: bool
) -> list[tuple[Ticket, bool]]:
    """At most `limit` tickets that the broker must have lost, to be published again; and of each, whether it was given
    to a delaying broker ahead of its time.

    `grace` in seconds, doubled with each republish of a row; `queue_empty`: the queue of that priority has
    stayed empty for the grace. While the queue is paused, and for the grace after it was resumed, there are none.
    """
    rows = await executor.fetch(_SQL["take_lost"], queue, limit, grace, queue_empty)
    return [(Ticket.from_row(row), row["was_ahead"]) for row in rows]


async def note_progress(executor: Executor, *, queue: str, worker: str, published_at: datetime) -> None:
    """Records that `worker` has claimed a job that entered `queue` at `published_at`."""
    await executor.execute(_SQL["note_progress"], queue, worker, published_at)


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
        *_columns([(r.job_id, r.attempt, r.notification_id, r.title, r.body, r.address) for r in tried], 6),
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


async def renew(executor: Executor, held: Iterable[tuple[UUID, int]], *, owner: str, lease: float) -> set[UUID]:
    """Pushes the leases of (job, attempt) pairs ahead by `lease` seconds; the jobs that are still held."""
    rows = await executor.fetch(_SQL["renew"], *_columns(held, 2), owner, lease)
    return {row["id"] for row in rows}


async def mark_sending(
    executor: Executor, job_id: UUID, attempt: int, *, owner: str, hold: bool = True, bound_to: str | None = None
) -> bool:
    """Notes that the mail of a held attempt may be on its way from now on, to which mail server, and whether a person
    decides if the worker vanishes (`hold`); False when the lease was lost."""
    return bool(await executor.fetch(_SQL["mark_sending"], job_id, attempt, owner, hold, bound_to))


async def take_parked(
    executor: Executor, *, but_of: Collection[str], server: str, lease: float, but_at: Collection[str] = ()
) -> Ticket | None:
    """The oldest mail that waits for a mail server, may go to this one and to none of these clients; rather one at none
    of the domains `but_at` (lower case). It is left to the caller for `lease` seconds."""
    row = await executor.fetchrow(_SQL["take_parked"], list(but_of), lease, server, list(but_at))
    return None if row is None else Ticket.from_row(row)


async def finish(executor: Executor, ends: Sequence[Finish], *, owner: str) -> dict[UUID, Finished]:
    """Commits how attempts ended, and records them. What is missing from the answer came too late."""
    rows = await executor.fetch(
        _SQL["finish"],
        *_columns(
            [
                (e.job_id, e.attempt, e.outcome, e.delay, e.reply_code, e.error, e.reason, e.away, e.bound_to)
                for e in ends
            ],
            9,
        ),
        owner,
    )
    return {row["id"]: Finished(Ticket.from_row(row), State(row["state"])) for row in rows}


async def recover_expired_leases(executor: Executor, *, limit: int, most: int = MAX_LOST) -> list[tuple[UUID, State]]:
    """processing → scheduled where the worker has vanished, the `most`-th time → failed."""
    return _lost(await executor.fetch(_SQL["recover_expired_leases"], limit, most))


async def recover_crashed(
    executor: Executor, tickets: Iterable[tuple[UUID, int]], *, error: str, most: int = MAX_LOST
) -> list[tuple[UUID, State]]:
    """→ scheduled, the `most`-th time → failed, for what died by the broker's delivery limit."""
    return _lost(await executor.fetch(_SQL["recover_crashed"], *_columns(tickets, 2), most, error))


async def cancel(executor: Executor, job_ids: Collection[UUID], *, reason: str) -> list[tuple[UUID, State]]:
    """→ cancelled by an operator's hand, failed jobs too; what is being processed is marked and keeps its state."""
    return _moved(await executor.fetch(_SQL["cancel"], list(job_ids), None, [], reason))


async def cancel_of_appointment(
    executor: Executor, appointment_id: UUID, kinds: Collection[Kind], *, reason: str
) -> list[tuple[UUID, State]]:
    """→ cancelled for `kinds` of an appointment, in the caller's transaction that changes it."""
    return _moved(await executor.fetch(_SQL["cancel"], [], appointment_id, list(kinds), reason))


async def requeue(executor: Executor, job_ids: Collection[UUID], *, over: float = 0.0) -> set[UUID]:
    """failed → scheduled by hand, due over the next `over` seconds; the jobs that were failed and are still so."""
    return {row["id"] for row in await executor.fetch(_SQL["requeue"], list(job_ids), over)}


async def prune(executor: Executor, *, finished: float, failed: float, limit: int) -> int:
    """Deletes at most `limit` jobs that ended more than `finished` (`failed`) seconds ago; how many."""
    return int((await executor.execute(_SQL["prune"], finished, failed, limit)).split()[-1])


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as the arrays that a statement unnests."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


def _moved(rows: Sequence[Any]) -> list[tuple[UUID, State]]:
    _count_final(rows)
    return [(row["id"], State(row["state"])) for row in rows]


def _lost(rows: Sequence[Any]) -> list[tuple[UUID, State]]:
    """The same, of attempts whose worker is gone."""
    for row in rows:
        metrics.ATTEMPTS.labels(row["kind"], "lost").inc()
        metrics.TROUBLE.labels(row["state"], "worker").inc()
    return _moved(rows)


def _count_final(rows: Iterable[Any]) -> None:
    """Of what ends without an attempt of ours; claim and finish are counted by who has made it."""
    for row in rows:
        if row["state"] in FINAL:
            metrics.FINISHED.labels(row["kind"], row["state"]).inc()
