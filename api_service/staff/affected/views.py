"""The staff's calls about affected appointments: the list, and acts on all of them."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.appointments.model import Origin
from api_service.appointments.problems import unknown_doctor
from api_service.doctors import store as doctors
from api_service.doctors.model import Doctor
from api_service.identity.bearer import OPS, OPS_READ, STAFF, Identity, require
from api_service.staff.affected import cancelling, reading
from api_service.staff.affected.acting import MoreAffected, confirm
from api_service.staff.affected.model import AffectedJson, CancelledAffectedJson
from api_service.staff.affected.schemas import AffectedCancelRequest, AffectedQuery
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, body_of, json_response, query_of
from api_service.web.problems import FieldFault, Problem, conflict, not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/staff/affected"


def _unknown() -> Problem:
    return not_found("doctor", FieldFault("?doctorId", "is not known"))


def more_affected(affected: int, expected: int) -> Problem:
    detail = f"{affected} appointments no longer fit, and {expected} were expected. Count again with dryRun."
    return conflict(detail, "more-affected")


@routes.get(_PATH)
@require(STAFF, OPS, OPS_READ)
@operation("List the appointments that no longer fit their doctor's hours", _unknown(), query=AffectedQuery)
async def affected_appointments(request: web.Request, identity: Identity) -> JsonResponse[Listing[AffectedJson]]:
    """The earliest start first, from the clinic's today on. The reason of a visit is shown to the role staff alone."""
    query = query_of(request, AffectedQuery)
    database, now = request.app[DATABASE], datetime.now(UTC)
    doctor = await doctors.get(database, query.doctor_id)
    if doctor is None:
        raise _unknown()
    found = await reading.listed(database, doctor, query.date, query.page, now)
    is_staff = STAFF in identity.roles
    return json_response(
        listing(
            found,
            query.page,
            lambda each: (each.visit.appointment.starts_at, each.visit.appointment.id),
            lambda each: each.to_json(shows_reason=is_staff),
        )
    )


@routes.post(_PATH + "/cancel")
@require(STAFF)
@operation(
    "Cancel the appointments that no longer fit", unknown_doctor(), more_affected(32, 31), takes=AffectedCancelRequest
)
async def cancel_affected(request: web.Request, identity: Identity) -> JsonResponse[CancelledAffectedJson]:
    """Count with `dryRun` first, and say with `expected` how many you have seen. Each appointment is cancelled in a
    transaction of its own, with one e-mail and the message, and only if it still does not fit. A request that was cut
    off can be sent again: it does the rest, and nobody is told twice."""
    wanted = await body_of(request, AffectedCancelRequest)
    database, now = request.app[DATABASE], datetime.now(UTC)
    doctor = await _doctor(request, wanted.doctor_id)
    found = await reading.ahead(database, doctor, wanted.date, now)
    if wanted.dry_run:
        return json_response({"matched": len(found), "cancelled": 0, "excluded": {}, "left": 0})
    try:
        confirm(found, wanted.expected)
    except MoreAffected as more:
        raise more_affected(more.affected, more.expected) from None
    origin = Origin(identity.subject, "staff", wanted.message or None)
    report = await cancelling.cancel(request, found, origin, per_second=wanted.per_second)
    return json_response(
        {
            "matched": report.matched,
            "cancelled": report.outcomes[cancelling.CANCELLED],
            "excluded": report.excluded(cancelling.CANCELLED),
            "left": report.left,
        }
    )


async def _doctor(request: web.Request, doctor_id: str) -> Doctor:
    found = await doctors.get(request.app[DATABASE], doctor_id)
    if found is None:
        raise unknown_doctor()
    return found
