"""Reads figures: how many jobs are where, what went out, what waits, who works (../sql/overview.sql)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs import counts as job_counts
from shared.jobs.counts import Bucket
from shared.jobs.model import Kind, Priority, State

MOST: Final = 10_000
"""Live jobs are counted no further; beyond it their index's own estimate is shown, at the price of nothing."""
_SQL: Final = statements("api_service.ops.dashboard.sql", "overview.sql")


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs a state has; `about`: it is an estimate."""

    jobs: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    claimed_at: datetime | None
    holds: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What ended in a stretch of time."""

    begins: datetime
    ends: datetime
    succeeded: int
    failed: int

    @property
    def pair(self) -> tuple[int, int]:
        return self.succeeded, self.failed

    @property
    def total(self) -> int:
        return self.succeeded + self.failed


async def badges(executor: Executor) -> Mapping[str, int]:
    """By the words of their page; at most 1000 each."""
    row = await executor.fetchrow(_SQL["badges"])
    return {} if row is None else {"Failed": row["failed"], "Dead letters": row["letters"]}


async def counts(executor: Executor) -> Mapping[str, Count]:
    """Jobs by state."""
    found = {str(state): Count(0) for state in State}
    for (state, _), jobs in (await job_counts.standing(executor)).items():
        found[state] = Count(found[state].jobs + jobs)
    for row in await executor.fetch(_SQL["live_counts"], MOST):
        found[row["state"]] = Count(row["about"] or row["jobs"], row["about"] is not None)
    return found


async def slots(executor: Executor, *, now: datetime, hours: int, each: int) -> Sequence[Slot]:
    """What ended in the last `hours`, in stretches of `each` hours; the last one is under way."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    buckets = await job_counts.throughput(executor, "hour", since=first)
    return _slots(buckets, first, timedelta(hours=each), hours // each)


async def minutes(executor: Executor, *, now: datetime) -> Mapping[str, Sequence[Slot]]:
    """By queue: what ended in each of the last sixty minutes; the last one is under way."""
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    buckets = await job_counts.throughput(executor, "minute", since=first)
    return {
        queue: _slots([b for b in buckets if Kind(b.kind).priority is queue], first, timedelta(minutes=1), 60)
        for queue in Priority
    }


def _slots(buckets: Sequence[Bucket], first: datetime, length: timedelta, places: int) -> Sequence[Slot]:
    found = [[0, 0] for _ in range(places)]
    for bucket in buckets:
        place = (bucket.begins - first) // length
        if 0 <= place < places and bucket.state in (State.SUCCEEDED, State.FAILED):
            found[place][bucket.state is State.FAILED] += bucket.jobs
    return [Slot(first + length * place, first + length * (place + 1), *pair) for place, pair in enumerate(found)]


async def waiting(executor: Executor) -> Mapping[str, datetime]:
    """Since when the oldest due job of each queue waits; a queue where none does is missing."""
    return {row["priority"]: row["since"] for row in await executor.fetch(_SQL["waiting"])}


async def running(executor: Executor) -> Mapping[str, int]:
    """By queue: jobs that are being worked on just now."""
    return {row["priority"]: row["jobs"] for row in await executor.fetch(_SQL["running"])}


async def workers(executor: Executor) -> Sequence[Worker]:
    """Who has claimed a job within a day, the last first."""
    return [Worker(row["worker"], row["claimed_at"], row["holds"]) for row in await executor.fetch(_SQL["workers"])]


async def parked(executor: Executor) -> tuple[str | None, datetime | None]:
    """Why the mail that has waited longest waits for the mail server, and since when; None where none does."""
    row = await executor.fetchrow(_SQL["parked"])
    return (None, None) if row is None else (row["error"] or "", row["parked_since"])


async def last_sent(executor: Executor) -> datetime | None:
    row = await executor.fetchrow(_SQL["last_sent"])
    return None if row is None else row["finished_at"]
