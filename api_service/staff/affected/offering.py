"""Offers other times to the clients of affected appointments: three each, held for a while, in one mail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import store as appointments
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.doctors.affected import Affected
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Slot
from api_service.offers import store as offers
from api_service.relay.dispatch import DISPATCH, Dispatch
from api_service.relay.metrics import JOBS_CREATED
from api_service.staff.affected.acting import CHANGED, ActReport, held, on_each
from api_service.staff.affected.other_times import other_times
from api_service.staff.affected.refusals import NO_TIMES, OfferRule, refusals
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT
from shared.database import Database, Session
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind, State, Ticket
from shared.jobs.store import jobs_of_event

OFFERED: Final = "offered"


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """Who wants the offers, by which rule, in which request."""

    origin: Origin
    rule: OfferRule
    request_id: str
    traceparent: str


async def offer(
    request: web.Request, found: Sequence[Affected], origin: Origin, rule: OfferRule, *, per_second: float
) -> ActReport:
    """Whoever is offered nothing is set aside first, and does not count towards the bound of one request: the same
    request again reaches those behind it. Raises DatabaseUnavailable, Contention, UnknownZone."""
    terms = OfferTerms(origin, rule, request[REQUEST_ID], request[TRACEPARENT])
    database, dispatch = request.app[DATABASE], request.app[DISPATCH]

    async def one(appointment_id: UUID) -> str:
        return await _offered(database, dispatch, appointment_id, terms)

    refused = await refusals(database, found, rule, datetime.now(UTC))
    report = await on_each([each for each in found if each.id not in refused], one, per_second=per_second)
    report.set_aside(refused.values())
    return report


async def counted(database: Database, doctor: Doctor, found: Sequence[Affected], rule: OfferRule) -> ActReport:
    """What `offer` would do, without taking times. Clients who would share times count as offered. Raises
    DatabaseUnavailable, UnknownZone."""
    now = datetime.now(UTC)
    refused = await refusals(database, found, rule, now)
    waiting = [each for each in found if each.id not in refused]
    report = ActReport.of(waiting)
    report.outcomes[NO_TIMES] += await _without_times(
        database, doctor, waiting[: report.matched - report.left], rule, now
    )
    report.set_aside(refused.values())
    return report


async def _without_times(
    database: Database, doctor: Doctor, waiting: Sequence[Affected], rule: OfferRule, now: datetime
) -> int:
    """How many have no time to be offered. The later a hold ends, the fewer times there are; so where one has none, the
    others behind it have none, and halving finds the first."""
    low, high = 0, len(waiting)
    while low < high:
        middle = (low + high) // 2
        each = waiting[middle]
        held_until, clock = rule.held_until(each.starts_at, now), each.starts_at.astimezone(doctor.zone).time()
        if await other_times(database, doctor, each.id, clock, held_until, now):
            low = middle + 1
        else:
            high = middle
    return len(waiting) - low


async def _offered(database: Database, dispatch: Dispatch, appointment_id: UUID, terms: OfferTerms) -> str:
    """The outcome. One transaction: the offer, its held times, its act and its jobs; and the lock that keeps bookings
    of this doctor waiting is taken last, and held for as long as free times are looked for."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        located = await held(session, appointment_id)
        if located is None:
            return CHANGED
        appointment, doctor = located
        refusal = await _refusal(session, appointment, terms.rule, now)
        if refusal is not None:
            return refusal
        held_until = terms.rule.held_until(appointment.starts_at, now)
        await offers.hold_doctor(session, doctor.id)
        times = await other_times(session, doctor, appointment.id, appointment.local_time, held_until, now)
        if not times:
            return NO_TIMES
        created = await _write(session, dispatch, appointment, doctor, held_until, times, terms)
    dispatch.offer([ticket for ticket, state in created if state is State.SCHEDULED])
    for ticket, _ in created:
        JOBS_CREATED.labels(ticket.kind).inc()
    ACTS.labels("offered", terms.origin.via).inc()
    return OFFERED


async def _refusal(session: Session, appointment: Appointment, rule: OfferRule, now: datetime) -> str | None:
    """Why the client of a locked appointment is offered nothing. An earlier offer that has ended makes room."""
    standing = (await offers.standings(session, [appointment.id])).get(appointment.id)
    refusal = rule.refusal(appointment.starts_at, now, standing)
    if refusal is None and standing is not None and standing.offer_id is not None:
        await offers.let_lapse(session, standing.offer_id)
    return refusal


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
    told = jobs_of_event(Kind.OFFER, appointment.id, expires_at=held_until)
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
