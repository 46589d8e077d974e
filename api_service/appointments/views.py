"""The client API's calls about appointments."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.appointments import calendar, cancelling, notices, problems, store
from api_service.appointments.booking import BOOKINGS
from api_service.appointments.model import Appointment, AppointmentJson
from api_service.appointments.moving import MOVES
from api_service.appointments.notices import NoticesJson
from api_service.appointments.problems import refusals
from api_service.appointments.schemas import AppointmentsQuery, BookingRequest, ChangeRequest
from api_service.doctors import store as doctors
from api_service.identity.bearer import CLIENT, Identity, require
from api_service.profile import store as profiles
from api_service.profile.erased import erased_client
from api_service.relay.dispatch import DISPATCH
from api_service.web.conditional import ETAG, IF_MATCH, condition_in, malformed, unless_known, versioned
from api_service.web.idempotency import HEADER, key_in, once
from api_service.web.keys import CALENDAR, DATABASE, LANGUAGES, LINKS
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, body_of, json_response, query_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/client/appointments"
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag of an answer that the caller has kept; the same one answers 304."}


@routes.post(_PATH)
@require(CLIENT)
@operation(
    "Book an appointment",
    problems.unknown_doctor(),
    problems.taken(None),
    problems.too_many_ahead(),
    erased_client(),
    problems.key_reused(),
    problems.once_more(),
    takes=BookingRequest,
    reads={HEADER: "1 to 255 visible characters; a request that is sent again with its key is booked once."},
    sends={"Location": "Where the appointment is.", **ETAG},
)
async def book(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """Date and time are local to the doctor's clinic. Once this has answered 200, no crash loses the confirmation,
    the in-app notification or the reminder. A time that the caller has booked already is a 409 that names it."""
    key = key_in(request)
    wish = await body_of(request, BookingRequest)
    with refusals():
        booked = await request.app[BOOKINGS].book(
            identity, wish, once(key, wish), request_id=request[REQUEST_ID], traceparent=request[TRACEPARENT]
        )
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
@operation(
    "Look at an appointment",
    not_found("appointment"),
    malformed("If-None-Match"),
    reads=_IF_NONE_MATCH,
    sends=ETAG,
)
async def one_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    found = await store.get(request.app[DATABASE], uuid_in_path(request, "appointment"), identity.subject)
    if found is None:
        raise not_found("appointment")
    return unless_known(request, _shown(found))


@routes.get(_PATH + "/{id}/notices")
@require(CLIENT)
@operation("See what was and will be said about an appointment", not_found("appointment"))
async def list_notices(request: web.Request, identity: Identity) -> JsonResponse[NoticesJson]:
    """One entry a job. Jobs are removed some days after the appointment."""
    database, appointment_id = request.app[DATABASE], uuid_in_path(request, "appointment")
    if await store.get(database, appointment_id, identity.subject) is None:
        raise not_found("appointment")
    found = await notices.of_appointment(database, appointment_id, identity.subject)
    return json_response({"items": [each.to_json() for each in found]})


@routes.get(_PATH + "/{id}/calendar.ics")
@require(CLIENT)
@operation("Take an appointment into one's calendar", not_found("appointment"), media="text/calendar")
async def calendar_file(request: web.Request, identity: Identity) -> web.Response:
    """Its iCalendar file (RFC 5545); that of a cancelled one takes the entry out of the calendar again."""
    database = request.app[DATABASE]
    found = await store.get(database, uuid_in_path(request, "appointment"), identity.subject)
    doctor = None if found is None else await doctors.get(database, found.doctor_id)
    if found is None or doctor is None:
        raise not_found("appointment")
    client = await profiles.get(database, identity.subject)
    language = request.app[LANGUAGES].of(client.locale if client else "")
    writer, event = request.app[CALENDAR], calendar.event(found, doctor, request.app[LINKS])
    return web.Response(
        body=writer.file(event, language, datetime.now(UTC)),
        headers={
            "Content-Type": f"text/calendar; charset=utf-8; method={writer.method(event)}; component=VEVENT",
            "Content-Disposition": f'attachment; filename="appointment-{found.local_date}.ics"',
            "Cache-Control": "no-store",
        },
    )


@routes.patch(_PATH + "/{id}")
@require(CLIENT)
@operation(
    "Move an appointment, or change its reason",
    not_found("appointment"),
    problems.taken(None),
    problems.begun(),
    problems.cancelled(),
    problems.changed_meanwhile(),
    takes=ChangeRequest,
    reads=IF_MATCH,
    sends=ETAG,
)
async def change_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """A field that is left out stays. A move sends one e-mail and plans a new reminder."""
    appointment_id = uuid_in_path(request, "appointment")
    wish = await body_of(request, ChangeRequest)
    with refusals():
        changed = await request.app[MOVES].change(
            appointment_id,
            identity.subject,
            wish,
            if_match=condition_in(request, "If-Match"),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    if changed is None:
        raise not_found("appointment")
    return _shown(changed)


@routes.delete(_PATH + "/{id}")
@require(CLIENT)
@operation(
    "Cancel an appointment",
    not_found("appointment"),
    problems.begun(),
    problems.changed_meanwhile(),
    malformed("If-Match"),
    reads=IF_MATCH,
    sends=ETAG,
)
async def cancel_appointment(request: web.Request, identity: Identity) -> JsonResponse[AppointmentJson]:
    """Again is the same answer, and no second mail."""
    with refusals():
        cancelled = await cancelling.cancel(
            request.app[DATABASE],
            request.app[DISPATCH],
            uuid_in_path(request, "appointment"),
            identity.subject,
            if_match=condition_in(request, "If-Match"),
            request_id=request[REQUEST_ID],
            traceparent=request[TRACEPARENT],
        )
    if cancelled is None:
        raise not_found("appointment")
    return _shown(cancelled)


def _shown(appointment: Appointment, **headers: str) -> JsonResponse[AppointmentJson]:
    return versioned(appointment.to_json(), appointment.version, headers)
