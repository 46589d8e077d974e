"""Makes the timeline of an appointment: bookings and changes on one side, messages to the client on the other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from api_service.ops.core.jobs import Attempt
from api_service.ops.core.stories import Act, StoryAppointment, Told
from shared.jobs.model import Job, Kind, State

_EVENTS: Final = {
    Kind.CREATED: "Booked",
    Kind.RESCHEDULED: "Moved",
    Kind.CANCELLED: "Cancelled",
    Kind.OFFER: "Other times offered",
    Kind.AGENDA: "Agenda of the day",
    Kind.DOCTOR_NOTICE: "Told to the doctor",
}
_ACTS: Final = {
    "booked": "Booked",
    "moved": "Moved",
    "cancelled": "Cancelled",
    "will_come": "Answered: will come",
    "reason_changed": "New reason",
    "attended": "The client came",
    "missed": "The client did not come",
    "offered": "Other times offered",
}
_WAYS: Final = {"link": ", by the link in a mail", "staff": ", by the staff"}
_LIVE: Final = frozenset({State.SCHEDULED, State.ENQUEUED, State.PROCESSING, State.RETRYING})


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of the timeline. `moved`: the old and the new time; `successor`: the job that replaced a superseded
    one."""

    at: datetime
    side: Literal["booking", "telling", "now"]
    what: str = ""
    job: Job | None = None
    attempts: Sequence[Attempt] = field(default=())
    told: Told | None = None
    successor: UUID | None = None
    moved: tuple[datetime, datetime] | None = None


def entries(
    appointment: StoryAppointment,
    jobs: Sequence[Job],
    attempts: Sequence[Attempt],
    told: Sequence[Told],
    now: datetime,
    *,
    acts: Sequence[Act] = (),
) -> Sequence[TimelineEntry]:
    """In the order of time, with a "now" between past and future. The timeline of a cancelled appointment ends with its
    cancellation and the messages about it."""
    found = [*_booking(appointment, jobs, acts), *_telling(jobs, attempts, told)]
    if appointment.status != "cancelled" or any(entry.at > now for entry in found):
        found.append(TimelineEntry(now, "now"))
    return sorted(found, key=lambda entry: (entry.at, entry.side))


def _booking(appointment: StoryAppointment, jobs: Sequence[Job], acts: Sequence[Act]) -> Iterator[TimelineEntry]:
    """An act and its jobs are of one transaction, so they have one time."""
    events = {
        job.created_at: TimelineEntry(job.created_at, "booking", _EVENTS[Kind(job.kind)])
        for job in jobs
        if job.kind in _EVENTS and job.resend_of is None
    }
    events |= {act.at: _of_act(act) for act in acts}
    entries = list(events.values())
    if not any(entry.what.startswith("Booked") for entry in entries):
        entries.append(TimelineEntry(appointment.created_at, "booking", "Booked"))
    ends = [entry.at for entry in entries if entry.what.startswith("Cancelled")]
    if appointment.status == "cancelled" and not ends:
        entries.append(TimelineEntry(appointment.updated_at, "booking", "Cancelled"))
        ends.append(appointment.updated_at)
    yield from entries
    if not ends or max(ends) >= appointment.starts_at:
        yield TimelineEntry(appointment.starts_at, "booking", "The appointment begins")


def _of_act(act: Act) -> TimelineEntry:
    by = _WAYS.get(act.via, "")
    moved = None if act.previous_starts_at is None else (act.previous_starts_at, act.starts_at)
    return TimelineEntry(act.at, "booking", _ACTS.get(act.act, act.act) + by, moved=moved)


def _telling(jobs: Sequence[Job], attempts: Sequence[Attempt], told: Sequence[Told]) -> Iterator[TimelineEntry]:
    tried: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tried[attempt.job_id].append(attempt)
    inbox = {each.job_id: each for each in told}
    for job in jobs:
        yield TimelineEntry(
            _moment(job),
            "telling",
            job.kind,
            job,
            tried[job.id],
            inbox.pop(job.event_id or job.id, None),
            _successor(job, jobs),
        )
    for orphan in inbox.values():  # the job was pruned, its notification stays
        yield TimelineEntry(orphan.created_at, "telling", orphan.kind, told=orphan)


def _moment(job: Job) -> datetime:
    """The time of the message; of a job that ended without one, the time of its end."""
    if job.state in _LIVE:
        return job.due_at
    return job.finished_at or job.due_at


def _successor(job: Job, jobs: Sequence[Job]) -> UUID | None:
    """Of a cancelled reminder: the next reminder that was made after it."""
    if job.state is not State.CANCELLED or job.kind != Kind.REMINDER:
        return None
    later = [each for each in jobs if each.kind == Kind.REMINDER and each.id > job.id]
    return later[0].id if later else None
