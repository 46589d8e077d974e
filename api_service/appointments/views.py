"""The appointment calls of clients: requests in, answers out."""

from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import cancelling, store
from api_service.appointments.errors import (
    AlreadyBegun,
    AlreadyCancelled,
    ChangedMeanwhile,
    NoAddress,
    SlotTaken,
    UnknownDoctor,
)
from api_service.appointments.model import Appointment, AppointmentJson
from api_service.appointments.rules import NotBookable
from api_service.appointments.schemas import AppointmentsQuery, BookingRequest, ChangeRequest
from api_service.auth import CLIENT, Identity, require
from api_service.keys import BOOKINGS, DATABASE, DISPATCH, MOVES
from api_service.middlewares import REQUEST_ID, TRACEPARENT
from api_service.openapi.operation import operation
from api_service.pagination import Listing, listing
from api_service.payloads import JsonResponse, body_of, json_response, query_of, uuid_in_path
from api_service.problems import Fault, Problem, conflict, invalid, not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/client/appointments"
_ETAG: Final = {"ETag": "The version, for If-Match."}


def _unknown_doctor() -> Problem:
    return not_found("doctor", Fault("/doctorId", "is not known"))


def _taken(own: UUID | None) -> Problem:
    if own is None:
        return conflict("That time is taken.", "slot-taken")
    return conflict("You have booked that time yourself.", "slot-taken", ownAppointmentId=own)


def _begun() -> Problem:
    return conflict("The appointment has already begun.", "already-begun")


def _cancelled() -> Problem:
    return conflict("The appointment is cancelled.", "cancelled")


def _changed_meanwhile() -> Problem:
    return Problem(412, "It was changed meanwhile", "Read it again, and decide anew.")


@routes.post(_PATH)
@require(CLIENT)
@operation(
    "Book an appointment",
    _unknown_doctor(),
    _taken(None),
    takes=BookingRequest,
    sends={"Location": "Where the appointment is.", **_ETAG},
)
async def book(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """Date and time are local to the doctor's clinic. Once this has answered 200, no crash loses the confirmation,
    the in-app notification or the reminder. A time that the caller has booked already is a 409 that names it."""
    wish = await body_of(request, BookingRequest)
    try:
        booked = await request.app[BOOKINGS].book(
            identity, wish, request_id=request[REQUEST_ID], traceparent=request[TRACEPARENT]
        )
    except UnknownDoctor:
        raise _unknown_doctor() from None
    except NotBookable as error:
        raise invalid(Fault(f"/{error.field}", error.message)) from None
    except NoAddress:
        raise invalid(Fault("", "cannot be booked: no e-mail address is known for you")) from None
    except SlotTaken as error:
        raise _taken(error.own) from None
    return _shown(booked, Location=f"{_PATH}/{booked.id}")


@routes.get(_PATH)
@require(CLIENT)
@operation("List one's appointments", query=AppointmentsQuery)
async def list_appointments(request: web.Request, identity: Identity) -> JsonResponse[Listing[AppointmentJson]]:
    """The latest start first."""
    query = query_of(request, AppointmentsQuery)
    found = await store.listed(
        request.app[DATABASE],
        identity.subject,
        query.page,
        status=query.status,
        starts_from=query.starts_from,
        starts_before=query.starts_before,
    )
    return json_response(listing(found, query.page, lambda each: (each.starts_at, each.id), Appointment.to_json))


@routes.get(_PATH + "/{id}")
@require(CLIENT)
@operation("Look at an appointment", not_found("appointment"), sends=_ETAG)
async def one_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    found = await store.get(request.app[DATABASE], uuid_in_path(request, "appointment"), identity.subject)
    if found is None:
        raise not_found("appointment")
    return _shown(found)


@routes.patch(_PATH + "/{id}")
@require(CLIENT)
@operation(
    "Move an appointment, or change its reason",
    not_found("appointment"),
    _taken(None),
    _begun(),
    _cancelled(),
    _changed_meanwhile(),
    takes=ChangeRequest,
    reads={"If-Match": "The ETag that the caller has seen; another version answers 412."},
    sends=_ETAG,
)
async def change_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """What is left out stays. A move sends one e-mail and plans a new reminder."""
    appointment_id = uuid_in_path(request, "appointment")
    wish = await body_of(request, ChangeRequest)
    try:
        changed = await request.app[MOVES].change(
            appointment_id,
            identity.subject,
            wish,
            if_match=request.headers.get("If-Match"),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    except NotBookable as error:
        raise invalid(Fault(f"/{error.field}", error.message)) from None
    except SlotTaken as error:
        raise _taken(error.own) from None
    except ChangedMeanwhile:
        raise _changed_meanwhile() from None
    except AlreadyBegun:
        raise _begun() from None
    except AlreadyCancelled:
        raise _cancelled() from None
    if changed is None:
        raise not_found("appointment")
    return _shown(changed)


@routes.delete(_PATH + "/{id}")
@require(CLIENT)
@operation("Cancel an appointment", not_found("appointment"), _begun(), sends=_ETAG)
async def cancel_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """Again is the same answer, and no second mail."""
    try:
        cancelled = await cancelling.cancel(
            request.app[DATABASE],
            request.app[DISPATCH],
            uuid_in_path(request, "appointment"),
            identity.subject,
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    except AlreadyBegun:
        raise _begun() from None
    if cancelled is None:
        raise not_found("appointment")
    return _shown(cancelled)


def _shown(appointment: Appointment, **headers: str) -> JsonResponse[AppointmentJson]:
    return json_response(appointment.to_json(), headers={"ETag": appointment.etag, **headers})
