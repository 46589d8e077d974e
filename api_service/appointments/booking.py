"""Books an appointment: rules, one commit, and its jobs offered to the relay."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from api_service import metrics
from api_service.appointments import rules, store
from api_service.appointments.errors import NoAddress, SlotTaken, UnknownDoctor
from api_service.appointments.model import Appointment
from api_service.appointments.schemas import BookingRequest
from api_service.appointments.store import Booked, BookingOutcome, PlannedJob, Wish
from api_service.auth import Identity
from api_service.doctors.model import Doctor
from api_service.doctors.store import DoctorCache
from api_service.group_commit import GroupCommit
from api_service.relay.dispatch import Dispatch
from shared import tracing
from shared.database import Database
from shared.ids import new_id
from shared.jobs import FINAL, Kind
from shared.metrics import FINISHED

WRITERS: Final = 2
BATCH: Final = 64
_TRIES: Final = 3


class BookingDesk:
    def __init__(
        self,
        database: Database,
        doctors: DoctorCache,
        dispatch: Dispatch,
        *,
        reminder_offsets: Sequence[float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`reminder_offsets`: seconds before the appointment, one reminder each."""
        self._database = database
        self._doctors = doctors
        self._dispatch = dispatch
        self._offsets = reminder_offsets
        self._now = now
        self._commits = GroupCommit(self._commit, writers=WRITERS, batch=BATCH)

    async def book(
        self, identity: Identity, request: BookingRequest, *, request_id: str, traceparent: str
    ) -> Appointment:
        """The committed appointment.

        Raises UnknownDoctor, NotBookable, NoAddress, SlotTaken, DatabaseUnavailable (nobody knows then
        whether it was committed; if it was, it is whole).
        """
        for _ in range(_TRIES):
            doctor = await self._doctors.get(request.doctor_id)
            if doctor is None:
                raise UnknownDoctor
            wish = self._wish(identity, request, doctor, request_id, traceparent)
            with tracing.span("book", "CLIENT", db__system__name="postgresql", db__operation__name="book"):
                booked = await self._commits.commit(wish)
            match booked.outcome:
                case BookingOutcome.BOOKED if booked.appointment is not None:
                    return booked.appointment
                case BookingOutcome.NO_ADDRESS:
                    raise NoAddress
                case BookingOutcome.TAKEN:
                    await self._explain_taken(wish)
                case _:
                    self._doctors.forget(request.doctor_id)
        raise SlotTaken(None)

    async def drain(self) -> None:
        """Waits for the bookings that are being committed."""
        await self._commits.drain()

    async def _commit(self, wishes: Sequence[Wish]) -> list[Booked]:
        answers = await store.book(self._database, wishes, head_start=self._dispatch.head_start)
        for answer in answers:
            self._dispatch.offer(answer.tickets)
            for job in answer.appointment.jobs if answer.appointment else ():
                metrics.JOBS_CREATED.labels(job.kind).inc()
                if job.state in FINAL:  # its moment had passed
                    FINISHED.labels(job.kind, job.state).inc()
        return answers

    async def _explain_taken(self, wish: Wish) -> None:
        """Raises SlotTaken, unless the time has become free again meanwhile."""
        occupant = await store.occupant(self._database, wish.doctor_id, wish.starts_at, wish.ends_at)
        if occupant is not None:
            appointment_id, client_id = occupant
            raise SlotTaken(appointment_id if client_id == wish.client_id else None)

    def _wish(
        self, identity: Identity, request: BookingRequest, doctor: Doctor, request_id: str, traceparent: str
    ) -> Wish:
        slot = rules.slot(doctor, request.appointment_date, request.appointment_time, self._now())
        reminders = (PlannedJob(new_id(), Kind.REMINDER, offset) for offset in self._offsets)
        return Wish(
            id=new_id(),
            client_id=identity.subject,
            client_email=identity.email,
            client_name=identity.name,
            doctor_id=doctor.id,
            doctor_version=doctor.version,
            local_date=slot.local_date,
            local_time=slot.local_time,
            timezone=doctor.timezone,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            reason=request.reason or None,
            request_id=request_id,
            traceparent=traceparent,
            jobs=(PlannedJob(new_id(), Kind.CREATED), *reminders),
        )
