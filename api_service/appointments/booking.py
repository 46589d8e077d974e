"""Books an appointment: checks the rules, commits once, and offers the jobs to the relay."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.appointments import idempotent_answers as answers
from api_service.appointments import store
from api_service.appointments.errors import AlreadyAnswered, NoAddress, SlotTaken, TooManyAhead, UnknownDoctor
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.appointments.schemas import BookingRequest
from api_service.appointments.store import Booked, BookingOutcome, PlannedBooking, planned_for
from api_service.doctors import slot_rules
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import NotBookable
from api_service.doctors.store import DoctorCache
from api_service.identity.bearer import Identity
from api_service.profile.erased import ErasedClient
from api_service.relay.dispatch import Dispatch
from api_service.relay.metrics import JOBS_CREATED
from api_service.web import metrics
from api_service.web.idempotency import Once
from shared.batching.group_commit import GroupCommit
from shared.database import DanglingReference, Database, Duplicate
from shared.ids import new_id, stored_traceparent
from shared.jobs.metrics import FINISHED
from shared.jobs.model import FINAL, Kind
from shared.process import tracing

WRITERS: Final = 2
BATCH: Final = 64
GATHER: Final = 0.002
"""Seconds that bookings wait for the end of a commit under way. Then a second commit takes them, so that nobody waits
long for a statement that waits for a lock."""
_TRIES: Final = 3
_REFUSALS: Final = (AlreadyAnswered, UnknownDoctor, NotBookable, NoAddress, ErasedClient, TooManyAhead, SlotTaken)


class BookingService:
    """Books appointments for clients; the bookings of one moment share a commit."""

    def __init__(
        self,
        database: Database,
        doctors: DoctorCache,
        dispatch: Dispatch,
        *,
        reminder_offsets: Sequence[float],
        most_ahead: int | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`reminder_offsets`: seconds before the appointment, one for each reminder, of doctors without their own.
        `most_ahead`: the largest number
        of future appointments of one client."""
        self._database = database
        self._doctors = doctors
        self._dispatch = dispatch
        self._offsets = reminder_offsets
        self._most_ahead = most_ahead
        self._now = now
        self._commits = GroupCommit(self._commit, writers=WRITERS, batch=BATCH, gather=GATHER)

    async def book(
        self,
        identity: Identity,
        request: BookingRequest,
        once: Once | None,
        *,
        origin: Origin | None = None,
        request_id: str,
        traceparent: str,
    ) -> Appointment:
        """The committed appointment; with `once`, the first answer to the same request.

        `identity`: the client. `origin`: the member of the staff who books for them; None: the client books. The limit
        on future appointments is for clients alone.

        Refusals are not remembered: a repeat of a refused request is checked again. A repeat that comes while the first
        request is under way waits for its commit.

        Raises UnknownDoctor, NotBookable, NoAddress, ErasedClient, TooManyAhead, SlotTaken, KeyReused, AlreadyAnswered
        (by an answer that was forgotten just now), and DatabaseUnavailable (then nobody knows whether the booking was
        committed; if it was, it is complete).
        """
        try:
            return await self._book(identity, request, once, origin, request_id, traceparent)
        except _REFUSALS:
            # a repeat finds the first booking, even if its time has passed meanwhile
            first = (
                None if once is None else await answers.find(self._database, origin or Origin(identity.subject), once)
            )
            if first is None:
                raise
            metrics.ANSWERS_REPEATED.inc()
            return first

    async def _book(
        self,
        identity: Identity,
        request: BookingRequest,
        once: Once | None,
        origin: Origin | None,
        request_id: str,
        traceparent: str,
    ) -> Appointment:
        for _ in range(_TRIES):
            doctor = await self._doctors.get(request.doctor_id)
            if doctor is None:
                raise UnknownDoctor
            wish = self._wish(identity, request, once, origin, doctor, request_id, traceparent)
            with tracing.span("book", "CLIENT", db__system__name="postgresql", db__operation__name="book"):
                booked = await self._committed(wish)
            match booked.outcome:
                case BookingOutcome.BOOKED if booked.appointment is not None:
                    if origin is not None:
                        ACTS.labels("booked", origin.via).inc()
                    return booked.appointment
                case BookingOutcome.ANSWERED:
                    raise AlreadyAnswered
                case BookingOutcome.NO_ADDRESS:
                    raise NoAddress
                case BookingOutcome.ERASED:
                    raise ErasedClient
                case BookingOutcome.TOO_MANY:
                    raise TooManyAhead
                case BookingOutcome.TAKEN:
                    await self._explain_taken(wish)
                case _:
                    self._doctors.forget(request.doctor_id)
        raise SlotTaken(None)

    async def drain(self) -> None:
        """Waits for the bookings that are being committed."""
        await self._commits.drain()

    async def _committed(self, wish: PlannedBooking) -> Booked:
        try:
            return await self._commits.commit(wish)
        except Duplicate:
            return Booked(BookingOutcome.ANSWERED)
        except DanglingReference:
            # somebody has deleted the doctor or the client since the statement began: the next try finds out which
            return Booked(BookingOutcome.DOCTOR_CHANGED)

    async def _commit(self, wishes: Sequence[PlannedBooking]) -> list[Booked]:
        booked = await store.book(
            self._database, wishes, head_start=self._dispatch.head_start, most_ahead=self._most_ahead
        )
        self._dispatch.offer([ticket for each in booked for ticket in each.tickets])
        for each in booked:
            for job in each.appointment.jobs if each.appointment else ():
                JOBS_CREATED.labels(job.kind).inc()
                if job.state in FINAL:  # its time had passed
                    FINISHED.labels(job.kind, job.state, job.channel).inc()
        return booked

    async def _explain_taken(self, wish: PlannedBooking) -> None:
        """Raises SlotTaken, unless the time has become free meanwhile."""
        occupant = await store.occupant(self._database, wish.doctor_id, wish.starts_at, wish.ends_at)
        if occupant is not None:
            appointment_id, client_id = occupant
            raise SlotTaken(appointment_id if client_id == wish.client_id else None)

    def _wish(
        self,
        identity: Identity,
        request: BookingRequest,
        once: Once | None,
        origin: Origin | None,
        doctor: Doctor,
        request_id: str,
        traceparent: str,
    ) -> PlannedBooking:
        slot = slot_rules.slot(doctor, request.appointment_date, request.appointment_time, self._now())
        appointment_id = new_id()
        reminders = (
            job
            for offset in doctor.offsets_or(self._offsets)
            for job in planned_for(Kind.REMINDER, appointment_id, offset)
        )
        return PlannedBooking(
            id=appointment_id,
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
            traceparent=stored_traceparent(traceparent, request_id),
            idempotency_key=None if once is None else once.key,
            fingerprint=None if once is None else once.fingerprint,
            jobs=(*planned_for(Kind.CREATED, appointment_id), *reminders),
            actor=None if origin is None else origin.actor,
            message=None if origin is None else origin.message,
        )


BOOKINGS: Final = web.AppKey("bookings", BookingService)
