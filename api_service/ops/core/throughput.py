"""Counts what ended in the hours and minutes behind us (shared/jobs/counts.py has the figures)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.database import Executor
from shared.jobs import counts as job_counts
from shared.jobs.counts import Bucket, Unit
from shared.jobs.model import Kind, Priority, State


@dataclass(frozen=True, slots=True)
class ThroughputInterval:
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
class ChartSpan:
    """A stretch of time until now, in `places` intervals of the length `each`; counted by `unit`."""

    unit: Unit
    each: timedelta
    places: int


SPANS: Final[Mapping[str, ChartSpan]] = {
    "hour": ChartSpan("minute", timedelta(minutes=1), 60),
    "day": ChartSpan("hour", timedelta(hours=1), 24),
    "week": ChartSpan("hour", timedelta(hours=6), 28),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended within a span, of every kind."""

    first: datetime
    span: ChartSpan
    buckets: Sequence[Bucket]

    def intervals(self, kind: str | None = None) -> Sequence[ThroughputInterval]:
        """Of one kind, or of all; the last interval is under way."""
        wanted = [each for each in self.buckets if kind is None or each.kind == kind]
        return _intervals(wanted, self.first, self.span.each, self.span.places)


@dataclass(frozen=True, slots=True)
class LastHour:
    """The last sixty minutes of each queue until now, minute by minute; the last one is under way."""

    minutes: Mapping[Priority, Sequence[ThroughputInterval]]
    until: datetime

    @property
    def sent(self) -> int:
        return sum(each.succeeded for minutes in self.minutes.values() for each in minutes)

    @property
    def failed(self) -> int:
        return sum(each.failed for minutes in self.minutes.values() for each in minutes)

    def sent_per_minute(self, queue: Priority | None = None) -> float:
        """Of one queue, or of all, in the last five minutes. The minute under way counts: a burst is seen at once."""
        lately = [each for name, minutes in self.minutes.items() if queue in (None, name) for each in minutes[-5:]]
        lasted = (self.until - lately[0].begins) / timedelta(minutes=1)
        return sum(each.succeeded for each in lately) / lasted


async def ended(executor: Executor, span: ChartSpan, *, now: datetime) -> Ended:
    """What ended within `span` until now."""
    minute = now.replace(second=0, microsecond=0)
    ends = minute + timedelta(minutes=1) if span.unit == "minute" else minute.replace(minute=0) + timedelta(hours=1)
    first = ends - span.each * span.places
    return Ended(first, span, await job_counts.throughput(executor, span.unit, since=first))


async def last_hour(executor: Executor, *, now: datetime) -> LastHour:
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    buckets = await job_counts.throughput(executor, "minute", since=first)
    return LastHour(
        {
            queue: _intervals([b for b in buckets if Kind(b.kind).priority is queue], first, timedelta(minutes=1), 60)
            for queue in Priority
        },
        now,
    )


def _intervals(
    buckets: Sequence[Bucket], first: datetime, length: timedelta, places: int
) -> Sequence[ThroughputInterval]:
    found = [[0, 0] for _ in range(places)]
    for bucket in buckets:
        place = (bucket.begins - first) // length
        if 0 <= place < places and bucket.state in (State.SUCCEEDED, State.FAILED):
            found[place][bucket.state is State.FAILED] += bucket.jobs
    return [
        ThroughputInterval(first + length * place, first + length * (place + 1), *pair)
        for place, pair in enumerate(found)
    ]
