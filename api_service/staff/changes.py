"""The staff's calls that change: book, move and cancel for a client, and record who came."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import cancelling
from api_service.appointments.booking import BOOKINGS
from api_service.appointments.model import Appointment
from api_service.appointments.moving import MOVES
from api_service.appointments.problems import (
    begun,
    cancelled,
    changed_meanwhile,
    key_reused,
    not_begun,
    once_more,
    unknown_doctor,
)
from api_service.identity.bearer import STAFF, Identity, require
from api_service.profile import store as profiles
from api_service.relay.dispatch import DISPATCH
from api_service.staff import attendance, store
from api_service.staff.model import Patient, StaffAppointmentJson, Visit
from api_service.staff.origin import origin_of
from api_service.staff.problems import refusals, taken, unknown_client
from api_service.staff.schemas import AttendanceRequest, CancellationRequest, StaffBookingRequest, StaffChangeRequest
from api_service.web.conditional import ETAG, IF_MATCH, condition_in, malformed, versioned
from api_service.web.idempotency import HEADER, key_in, once
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, optional_body_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/staff/appointments"


@routes.post(_PATH)
@require(STAFF)
@operation(
    "Book an appointment for a client",
    unknown_doctor(),
    unknown_client(),
    taken(None),
    key_reused(),
    once_more(),
    takes=StaffBookingRequest,
    reads={HEADER: "1 to 255 visible characters; a request that is sent again with its key is booked once."},
    sends={"Location": "Where the appointment is.", **ETAG},
)
async def book_for_client(request: web.Request, identity: Identity) -> JsonResponse[StaffAppointmentJson]:
    """The rules of a client's own booking, but for the number of appointments ahead. `client` is created or changed
    first, and stays so where the booking is refused. An address that is given here outranks the token's."""
    key = key_in(request)
    wish = await body_of(request, StaffBookingRequest)
    client = await _client(request, wish)
    # the client, of whom the staff's token says nothing
    booker = replace(identity, subject=client.id, email=None, name=None)
    with refusals():
        booked = await request.app[BOOKINGS].book(
            booker,
            wish,
            once(key, wish),
            origin=origin_of(identity, wish.message),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    return _shown(Visit(booked, client), Location=f"{_PATH}/{booked.id}")


@routes.patch(_PATH + "/{id}")
@require(STAFF)
@operation(
    "Move a client's appointment, or change its reason",
    not_found("appointment"),
    taken(None),
    begun(),
    cancelled(),
    changed_meanwhile(),
    takes=StaffChangeRequest,
    reads=IF_MATCH,
    sends=ETAG,
)
async def change_for_client(request: web.Request, identity: Identity) -> JsonResponse[StaffAppointmentJson]:
    """A field that is left out stays. A move sends one e-mail, with the message, and plans a new reminder."""
    appointment_id = uuid_in_path(request, "appointment")
    wish = await body_of(request, StaffChangeRequest)
    client = await _client_of(request, appointment_id)
    with refusals():
        changed = await request.app[MOVES].change(
            appointment_id,
            client.id,
            wish,
            if_match=condition_in(request, "If-Match"),
            origin=origin_of(identity, wish.message),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    return _found(changed, client)


@routes.delete(_PATH + "/{id}")
@require(STAFF)
@operation(
    "Cancel a client's appointment",
    not_found("appointment"),
    begun(),
    changed_meanwhile(),
    malformed("If-Match"),
    takes=CancellationRequest,
    optional=True,
    reads=IF_MATCH,
    sends=ETAG,
)
async def cancel_for_client(request: web.Request, identity: Identity) -> JsonResponse[StaffAppointmentJson]:
    """Sends one e-mail, with the message. Again is the same answer, and no second mail."""
    appointment_id = uuid_in_path(request, "appointment")
    wish = await optional_body_of(request, CancellationRequest)
    client = await _client_of(request, appointment_id)
    with refusals():
        changed = await cancelling.cancel(
            request.app[DATABASE],
            request.app[DISPATCH],
            appointment_id,
            client.id,
            if_match=condition_in(request, "If-Match"),
            origin=origin_of(identity, wish.message),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    return _found(changed, client)


@routes.put(_PATH + "/{id}/attendance")
@require(STAFF)
@operation(
    "Record whether the client came",
    not_found("appointment"),
    not_begun(),
    cancelled(),
    takes=AttendanceRequest,
    sends=ETAG,
)
async def record_attendance(request: web.Request, identity: Identity) -> JsonResponse[StaffAppointmentJson]:
    """After the start. The agenda lists the no-shows by `attended=false`. It may be corrected."""
    appointment_id = uuid_in_path(request, "appointment")
    said = await body_of(request, AttendanceRequest)
    with refusals():
        recorded = await attendance.record(
            request.app[DATABASE],
            appointment_id,
            attended=said.attended,
            origin=origin_of(identity, None),
            request_id=request[REQUEST_ID],
        )
    if recorded is None:
        raise not_found("appointment")
    return _shown(recorded)


async def _client(request: web.Request, wish: StaffBookingRequest) -> Patient:
    """The client of a booking, created or changed where the request says who it is. Raises Problem 404."""
    database = request.app[DATABASE]
    if wish.client is not None:
        await profiles.put_by_staff(database, wish.client)
    found = await store.client(database, wish.booked_for)
    if found is None:
        raise unknown_client()
    return found


async def _client_of(request: web.Request, appointment_id: UUID) -> Patient:
    """Whose an appointment is; that never changes. Raises Problem 404."""
    found = await store.get(request.app[DATABASE], appointment_id)
    if found is None:
        raise not_found("appointment")
    return found.client


def _found(changed: Appointment | None, client: Patient) -> JsonResponse[StaffAppointmentJson]:
    if changed is None:
        raise not_found("appointment")
    return _shown(Visit(changed, client))


def _shown(visit: Visit, **headers: str) -> JsonResponse[StaffAppointmentJson]:
    return versioned(visit.to_json(shows_reason=True), visit.appointment.version, headers)
