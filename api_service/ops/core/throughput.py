"""Counts what ended in the hours and minutes behind us (shared/jobs/counts.py has the figures)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.database import Executor
from shared.jobs import counts as job_counts
from shared.jobs.counts import Bucket
from shared.jobs.model import Kind, Priority, State


@dataclass(frozen=True, slots=True)
class Interval:
    """How many jobs succeeded and failed in a stretch of time."""

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


@dataclass(frozen=True, slots=True)
class LastHour:
    """The last sixty minutes of each queue, minute by minute; the last one is under way."""

    minutes: Mapping[Priority, Sequence[Interval]]

    @property
    def sent(self) -> int:
        return sum(each.succeeded for minutes in self.minutes.values() for each in minutes)

    @property
    def failed(self) -> int:
        return sum(each.failed for minutes in self.minutes.values() for each in minutes)

    @property
    def sent_per_minute(self) -> float:
        """Of the last five whole minutes."""
        return sum(each.succeeded for minutes in self.minutes.values() for each in minutes[-6:-1]) / 5


async def by_hours(executor: Executor, *, now: datetime, hours: int, each: int) -> Sequence[Interval]:
    """What ended in the last `hours`, in intervals of `each` hours; the last one is under way."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    buckets = await job_counts.throughput(executor, "hour", since=first)
    return _intervals(buckets, first, timedelta(hours=each), hours // each)


async def last_hour(executor: Executor, *, now: datetime) -> LastHour:
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    buckets = await job_counts.throughput(executor, "minute", since=first)
    return LastHour(
        {
            queue: _intervals([b for b in buckets if Kind(b.kind).priority is queue], first, timedelta(minutes=1), 60)
            for queue in Priority
        }
    )


def _intervals(buckets: Sequence[Bucket], first: datetime, length: timedelta, places: int) -> Sequence[Interval]:
    found = [[0, 0] for _ in range(places)]
    for bucket in buckets:
        place = (bucket.begins - first) // length
        if 0 <= place < places and bucket.state in (State.SUCCEEDED, State.FAILED):
            found[place][bucket.state is State.FAILED] += bucket.jobs
    return [Interval(first + length * place, first + length * (place + 1), *pair) for place, pair in enumerate(found)]
