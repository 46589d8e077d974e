"""Offers other times to the clients of affected appointments: three each, held for a while, in one mail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import store as appointments
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.doctors import slot_rules
from api_service.doctors.affected import Affected
from api_service.doctors.availability import free_slots
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Slot
from api_service.offers import store as offers
from api_service.offers.model import TIMES, chosen
from api_service.relay.dispatch import DISPATCH, Dispatch
from api_service.relay.metrics import JOBS_CREATED
from api_service.staff.affected.acting import CHANGED, ActReport, held, on_each
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT
from shared.database import Database, Session
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind, State, Ticket
from shared.jobs.store import jobs_of_event

OFFERED: Final = "offered"
ALREADY: Final = "alreadyOffered"
_NO_ADDRESS: Final = "noAddress"
_SUPPRESSED: Final = "suppressed"
_NO_TIMES: Final = "noFreeTimes"
_TOO_SOON: Final = "tooSoon"
_SHORTEST: Final = timedelta(minutes=5)
"""A client needs so long to read a mail and to choose."""
_PAGES: Final = 8
"""Pages of a fortnight in which free times are looked for."""
_PAGE: Final = 14


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """`hold`: how long times are held, at most until the appointment begins. `again`: also to clients whose earlier
    offer has ended without an answer."""

    origin: Origin
    hold: timedelta
    again: bool
    request_id: str
    traceparent: str


async def offer(
    request: web.Request, found: Sequence[Affected], origin: Origin, *, hold: timedelta, again: bool, per_second: float
) -> ActReport:
    """Raises DatabaseUnavailable, Contention, UnknownZone."""
    terms = OfferTerms(origin, hold, again, request[REQUEST_ID], request[TRACEPARENT])
    database, dispatch = request.app[DATABASE], request.app[DISPATCH]

    async def one(appointment_id: UUID) -> str:
        return await _offered(database, dispatch, appointment_id, terms)

    return await on_each(found, one, per_second=per_second)


async def _offered(database: Database, dispatch: Dispatch, appointment_id: UUID, terms: OfferTerms) -> str:
    """The outcome. One transaction: the offer, its held times, its act and its jobs; and the lock that keeps bookings
    of this doctor waiting is taken last, and held for as long as free times are looked for."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        located = await held(session, appointment_id)
        if located is None:
            return CHANGED
        appointment, doctor = located
        held_until = _held_until(appointment, now, terms)
        if held_until < now + _SHORTEST:
            return _TOO_SOON
        refusal = await _refusal(session, appointment, terms)
        if refusal is not None:
            return refusal
        await offers.hold_doctor(session, doctor.id)
        times = await _times(session, doctor, appointment, held_until, now)
        if not times:
            return _NO_TIMES
        created = await _write(session, dispatch, appointment, doctor, held_until, times, terms)
    dispatch.offer([ticket for ticket, state in created if state is State.SCHEDULED])
    for ticket, _ in created:
        JOBS_CREATED.labels(ticket.kind).inc()
    ACTS.labels("offered", terms.origin.via).inc()
    return OFFERED


def _held_until(appointment: Appointment, now: datetime, terms: OfferTerms) -> datetime:
    """In whole minutes, since people read it."""
    return min(now + terms.hold, appointment.starts_at).replace(second=0, microsecond=0)


async def _refusal(session: Session, appointment: Appointment, terms: OfferTerms) -> str | None:
    """Why the client of a locked appointment is offered nothing. An earlier offer that has ended makes room."""
    earlier = await offers.unanswered(session, appointment.id)
    if earlier is not None and (earlier.is_held or not terms.again):
        return ALREADY
    address = await offers.address(session, appointment.client_id)
    if address is None:
        return _NO_ADDRESS
    if await offers.is_suppressed(session, address):
        return _SUPPRESSED
    if earlier is not None:
        await offers.let_lapse(session, earlier.id)
    return None


async def _times(
    session: Session, doctor: Doctor, appointment: Appointment, held_until: datetime, now: datetime
) -> list[Slot]:
    """Free times that begin when the hold has ended, so that the client has all of it to answer; times of other offers
    where too few are free: there the first client gets them."""
    free: list[Slot] = []
    for days in _fortnights(held_until.astimezone(doctor.zone).date()):
        found = await free_slots(session, doctor, days, now, moving=appointment.id)
        free += (slot for slot in found if slot.starts_at >= held_until)
        if len({slot.local_date for slot in free}) >= TIMES:
            break
    times = chosen(free, appointment.local_time)
    if len(times) < TIMES:
        others = await offers.shared_times(session, doctor.id, held_until)
        fitting = (slot for slot in others if slot_rules.misfit(doctor, slot.starts_at, slot.ends_at) is None)
        times += [slot for slot in fitting if slot not in times][: TIMES - len(times)]
    return sorted(times, key=lambda each: each.starts_at)


def _fortnights(first: date) -> Iterator[list[date]]:
    for page in range(_PAGES):
        yield [first + timedelta(days=page * _PAGE + day) for day in range(_PAGE)]


async def _write(
    session: Session,
    dispatch: Dispatch,
    appointment: Appointment,
    doctor: Doctor,
    held_until: datetime,
    times: Sequence[Slot],
    terms: OfferTerms,
) -> list[tuple[Ticket, State]]:
    """The offer, its act and its jobs. What older jobs would say about the booked time is not so any more."""
    told = jobs_of_event(Kind.OFFER, expires_at=held_until)
    await offers.make(session, told[0].id, appointment.id, doctor.id, held_until, times, doctor.timezone)
    after = replace(appointment, version=appointment.version + 1)
    await appointments.note_act(
        session, after, "offered", terms.origin, request_id=terms.request_id, event_id=told[0].id
    )
    await job_store.cancel_of_appointment(session, appointment.id, SUPERSEDED, reason="other times were offered")
    return await job_store.create(
        session,
        told,
        appointment_id=appointment.id,
        client_id=appointment.client_id,
        request_id=terms.request_id,
        traceparent=terms.traceparent,
        head_start=dispatch.head_start,
    )
