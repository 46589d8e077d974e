"""The staff's calls that read: the agenda, one appointment, its history."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, STAFF, Identity, require
from api_service.staff import store
from api_service.staff.history import HistoryJson, history
from api_service.staff.model import StaffAppointmentJson
from api_service.staff.schemas import AgendaQuery
from api_service.web.conditional import ETAG, malformed, unless_known, versioned
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, json_response, query_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
PATH: Final = "/api/staff/appointments"


@routes.get(PATH)
@require(STAFF, OPS, OPS_READ)
@operation("List the appointments of doctors and clients", query=AgendaQuery)
async def agenda(request: web.Request, identity: Identity) -> JsonResponse[Listing[StaffAppointmentJson]]:
    """The earliest start first. `date` is a day of the clinic's own calendar. The reason of a visit is shown to the
    role staff alone."""
    query = query_of(request, AgendaQuery)
    found = await store.agenda(request.app[DATABASE], query)
    is_staff = STAFF in identity.roles
    return json_response(
        listing(
            found,
            query.page,
            lambda each: (each.appointment.starts_at, each.appointment.id),
            lambda each: each.to_json(shows_reason=is_staff),
        )
    )


@routes.get(PATH + "/{id}")
@require(STAFF, OPS, OPS_READ)
@operation(
    "Look at any client's appointment",
    not_found("appointment"),
    malformed("If-None-Match"),
    reads={"If-None-Match": "The ETag of an answer that the caller has kept; the same one answers 304."},
    sends=ETAG,
)
async def any_appointment(request: web.Request, identity: Identity) -> JsonResponse[StaffAppointmentJson]:
    """The reason of the visit is shown to the role staff alone."""
    found = await store.get(request.app[DATABASE], uuid_in_path(request, "appointment"))
    if found is None:
        raise not_found("appointment")
    shown = found.to_json(shows_reason=STAFF in identity.roles)
    return unless_known(request, versioned(shown, found.appointment.version))


@routes.get(PATH + "/{id}/history")
@require(STAFF, OPS, OPS_READ)
@operation("See who did what to an appointment", not_found("appointment"))
async def appointment_history(request: web.Request, identity: Identity) -> JsonResponse[HistoryJson]:
    """Acts of the staff, of the client, and of whoever opened the link in a mail. A change of the reason is an act,
    too; its words are not kept here."""
    database, appointment_id = request.app[DATABASE], uuid_in_path(request, "appointment")
    found = await store.get(database, appointment_id)
    if found is None:
        raise not_found("appointment")
    acts = await store.acts_of(database, appointment_id)
    return json_response({"items": history(found.appointment, acts, shows_message=STAFF in identity.roles)})
