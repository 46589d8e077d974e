"""Compares the plans of both systems: who would be told when, and by whom. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api_service.importing.hangfire import HangfireJob
from api_service.importing.model import CheckedRow
from api_service.importing.run import Plan
from api_service.importing.store import ImportedJob
from shared.ids import new_id
from shared.jobs.model import FINAL, Kind, State

NEAR: Final = timedelta(minutes=1)
"""Two reminders of an appointment are the same one when they are due no further apart."""


class Teller(StrEnum):
    """Who tells."""

    PUNCTUAL = "punctual"
    HANGFIRE = "hangfire"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that is to be told. `due_at` None: at once. `hangfire_job`: the job of Hangfire that tells it.
    `is_extra`: nobody expects it then, as with a job of an appointment that was moved or cancelled."""

    appointment: str
    kind: Kind
    due_at: datetime | None
    by: Teller
    hangfire_job: str | None = None
    is_extra: bool = False


@dataclass(slots=True)
class Comparison:
    """`unknown`: jobs of Hangfire about appointments that are neither in the file nor here; Hangfire tells them."""

    told: list[Announcement] = field(default_factory=list)
    unknown: list[HangfireJob] = field(default_factory=list)

    @property
    def counts(self) -> Counter[Teller]:
        return Counter(each.by for each in self.told)

    @property
    def is_clean(self) -> bool:
        """Nobody is told by both or by neither."""
        return not self.counts[Teller.BOTH] and not self.counts[Teller.NEITHER]


@dataclass(frozen=True, slots=True)
class _Due:
    kind: Kind
    due_at: datetime | None

    def is_near(self, kind: Kind, due_at: datetime | None) -> bool:
        if self.kind is not kind:
            return False
        if self.due_at is None or due_at is None:
            return self.due_at is due_at or kind is Kind.CREATED
        return abs(self.due_at - due_at) <= NEAR


def compare(
    fresh: Sequence[CheckedRow],
    known: Sequence[CheckedRow],
    tellings: Iterable[ImportedJob],
    pending: Iterable[HangfireJob],
    plan: Plan,
    now: datetime,
) -> Comparison:
    """`fresh`: would be imported. `known`: are here, with the jobs `tellings`. `pending`: of Hangfire's list."""
    theirs: defaultdict[str, list[HangfireJob]] = defaultdict(list)
    for job in pending:
        theirs[job.appointment].append(job)
    here: defaultdict[bytes, list[ImportedJob]] = defaultdict(list)
    for telling in tellings:
        here[telling.digest].append(telling)
    found = Comparison()
    for each in fresh:
        found.told += _of_fresh(each, theirs.pop(each.id, []), plan, now)
    for each in known:
        found.told += _of_known(each, here[each.digest], theirs.pop(each.id, []), plan, now)
    found.unknown = [job for jobs in theirs.values() for job in jobs]
    return found


def _of_fresh(wanted: CheckedRow, theirs: Sequence[HangfireJob], plan: Plan, now: datetime) -> Iterator[Announcement]:
    """Of a row that would be imported: with the jobs that an import would plan."""
    confirmation = [] if wanted.row.confirmed else [_Due(Kind.CREATED, None)]
    expected = confirmation + _reminders(wanted, wanted.starts_at, plan, now)
    planned = [(job.kind, job.seconds_before) for job in plan.jobs(new_id(), wanted, wanted.doctor)]
    ours = [
        _Due(kind, None if before is None else wanted.starts_at - timedelta(seconds=before)) for kind, before in planned
    ]
    return _judged(wanted.id, expected, [each for each in ours if each.due_at is None or each.due_at > now], theirs)


def _of_known(
    wanted: CheckedRow, jobs: Sequence[ImportedJob], theirs: Sequence[HangfireJob], plan: Plan, now: datetime
) -> Iterator[Announcement]:
    """Of an appointment that was imported: with the jobs that it has, at the time to which it may have been moved."""
    told = [_Due(Kind(job.kind), job.due_at) for job in jobs if job.kind and job.state in _TOLD]
    ours = [_Due(Kind(job.kind), job.due_at) for job in jobs if job.kind and job.state not in FINAL]
    starts_at = next((job.starts_at for job in jobs if job.status == "booked"), None)
    due = [] if starts_at is None else _reminders(wanted, starts_at, plan, now)
    expected = [each for each in due if not any(each.is_near(other.kind, other.due_at) for other in told)]
    return _judged(wanted.id, expected, ours, theirs)


_TOLD: Final = frozenset({State.SUCCEEDED, State.SKIPPED, State.FAILED})
"""Of jobs that are over: told, decided, or waiting for a person here."""


def _reminders(wanted: CheckedRow, starts_at: datetime, plan: Plan, now: datetime) -> list[_Due]:
    return [_Due(Kind.REMINDER, due) for _, due in plan.reminders(wanted.doctor, starts_at) if due > now]


def _judged(
    appointment: str, expected: Sequence[_Due], ours: Sequence[_Due], theirs: Sequence[HangfireJob]
) -> Iterator[Announcement]:
    """Each thing that is expected or planned, once. A second job of Hangfire for the same thing is told twice."""
    wanted = [*expected, *(each for each in ours if not any(each.is_near(o.kind, o.due_at) for o in expected))]
    left = list(theirs)
    for each in wanted:
        mine = any(each.is_near(own.kind, own.due_at) for own in ours)
        same = [job for job in left if each.is_near(job.kind, job.due_at)]
        left = [job for job in left if job not in same]
        for job in same:
            yield Announcement(
                appointment, each.kind, each.due_at, Teller.BOTH if mine else Teller.HANGFIRE, job.job_id
            )
        if not same:
            yield Announcement(appointment, each.kind, each.due_at, Teller.PUNCTUAL if mine else Teller.NEITHER)
    for job in left:
        yield Announcement(appointment, job.kind, job.due_at, Teller.HANGFIRE, job.job_id, is_extra=True)
