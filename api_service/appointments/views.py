"""The appointment calls of clients: requests in, answers out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.appointments import calendar, cancelling, store
from api_service.appointments.errors import (
    AlreadyAnswered,
    AlreadyBegun,
    AlreadyCancelled,
    ChangedMeanwhile,
    KeyReused,
    NoAddress,
    SlotTaken,
    TooManyAhead,
    UnknownDoctor,
)
from api_service.appointments.model import Appointment
from api_service.appointments.rules import NotBookable
from api_service.appointments.schemas import BookingRequest, ChangeRequest
from api_service.auth import CLIENT, Identity, require
from api_service.conditional import condition_in, unless_known, versioned
from api_service.doctors import store as doctors
from api_service.idempotency import HEADER, key_in, once
from api_service.keys import BOOKINGS, DATABASE, DISPATCH, MOVES
from api_service.middlewares import REQUEST_ID, TRACEPARENT
from api_service.pagination import choice_in_query, listing, moment_in_query, page_of
from api_service.payloads import body_of, json_response, uuid_in_path
from api_service.problems import Fault, Problem, conflict, invalid, not_found
from api_service.profile import store as profiles

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/client/appointments"


@routes.post(_PATH)
@require(CLIENT)
async def book(request: web.Request, identity: Identity) -> web.Response:
    key = key_in(request)
    wish = await body_of(request, BookingRequest)
    try:
        booked = await request.app[BOOKINGS].book(
            identity, wish, once(key, wish), request_id=request[REQUEST_ID], traceparent=request[TRACEPARENT]
        )
    except UnknownDoctor:
        raise not_found("doctor", Fault("/doctorId", "is not known")) from None
    except NotBookable as error:
        raise invalid(Fault(f"/{error.field}", error.message)) from None
    except NoAddress:
        raise invalid(Fault("", "cannot be booked: no e-mail address is known for you")) from None
    except TooManyAhead:
        raise conflict("You have as many appointments ahead as one may have.", "too-many-bookings") from None
    except SlotTaken as error:
        raise _taken(error) from None
    except KeyReused:
        raise invalid(Fault(HEADER, "was used for another booking; another booking needs another key")) from None
    except AlreadyAnswered:
        raise _once_more() from None
    return _shown(booked, Location=f"{_PATH}/{booked.id}")


@routes.get(_PATH)
@require(CLIENT)
async def list_appointments(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    found = await store.listed(
        request.app[DATABASE],
        identity.subject,
        page,
        status=choice_in_query(request, "status", ("booked", "cancelled")),
        starts_from=moment_in_query(request, "from"),
        starts_before=moment_in_query(request, "to"),
    )
    return json_response(listing(found, page, lambda each: (each.starts_at, each.id), Appointment.to_json))


@routes.get(_PATH + "/{id}")
@require(CLIENT)
async def one_appointment(request: web.Request, identity: Identity) -> web.Response:
    found = await store.get(request.app[DATABASE], uuid_in_path(request, "appointment"), identity.subject)
    if found is None:
        raise not_found("appointment")
    return unless_known(request, _shown(found))


@routes.get(_PATH + "/{id}/calendar.ics")
@require(CLIENT)
async def calendar_file(request: web.Request, identity: Identity) -> web.Response:
    database = request.app[DATABASE]
    found = await store.get(database, uuid_in_path(request, "appointment"), identity.subject)
    doctor = None if found is None else await doctors.get(database, found.doctor_id)
    if found is None or doctor is None:
        raise not_found("appointment")
    client = await profiles.get(database, identity.subject)
    return web.Response(
        body=calendar.calendar(found, doctor, client.locale if client else "en", datetime.now(UTC)),
        headers={
            "Content-Type": f"text/calendar; charset=utf-8; method={calendar.method(found)}; component=VEVENT",
            "Content-Disposition": f'attachment; filename="appointment-{found.local_date}.ics"',
            "Cache-Control": "no-store",
        },
    )


@routes.patch(_PATH + "/{id}")
@require(CLIENT)
async def change_appointment(request: web.Request, identity: Identity) -> web.Response:
    appointment_id = uuid_in_path(request, "appointment")
    wish = await body_of(request, ChangeRequest)
    try:
        changed = await request.app[MOVES].change(
            appointment_id,
            identity.subject,
            wish,
            if_match=condition_in(request, "If-Match"),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    except NotBookable as error:
        raise invalid(Fault(f"/{error.field}", error.message)) from None
    except SlotTaken as error:
        raise _taken(error) from None
    except ChangedMeanwhile:
        raise _changed_meanwhile() from None
    except AlreadyBegun:
        raise conflict("The appointment has already begun.", "already-begun") from None
    except AlreadyCancelled:
        raise conflict("The appointment is cancelled.", "cancelled") from None
    if changed is None:
        raise not_found("appointment")
    return _shown(changed)


@routes.delete(_PATH + "/{id}")
@require(CLIENT)
async def cancel_appointment(request: web.Request, identity: Identity) -> web.Response:
    try:
        cancelled = await cancelling.cancel(
            request.app[DATABASE],
            request.app[DISPATCH],
            uuid_in_path(request, "appointment"),
            identity.subject,
            if_match=condition_in(request, "If-Match"),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    except ChangedMeanwhile:
        raise _changed_meanwhile() from None
    except AlreadyBegun:
        raise conflict("The appointment has already begun.", "already-begun") from None
    if cancelled is None:
        raise not_found("appointment")
    return _shown(cancelled)


def _shown(appointment: Appointment, **headers: str) -> web.Response:
    return versioned(appointment.to_json(), appointment.version, headers)


def _changed_meanwhile() -> Problem:
    return Problem(412, "It was changed meanwhile", "Read it again, and decide anew.", "urn:punctual:problem:changed")


def _taken(error: SlotTaken) -> Problem:
    if error.own is None:
        return conflict("That time is taken.", "slot-taken")
    return conflict("You have booked that time yourself.", "slot-taken", ownAppointmentId=error.own)


def _once_more() -> Problem:
    """The key was there when the booking was refused for it, and forgotten a moment later."""
    again = conflict("A booking with this key has just been forgotten; try again.", "idempotency-key-busy")
    return replace(again, headers={"Retry-After": "1"})
