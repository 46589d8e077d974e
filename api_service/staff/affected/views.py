"""The staff's calls about affected appointments: the list, and acts on all of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from api_service.appointments.problems import unknown_doctor
from api_service.doctors import store as doctors
from api_service.doctors.affected import Affected
from api_service.doctors.model import Doctor
from api_service.identity.bearer import OPS, OPS_READ, STAFF, Identity, require
from api_service.staff.affected import cancelling, offering, reading
from api_service.staff.affected.acting import ActReport
from api_service.staff.affected.model import AffectedJson, CancelledAffectedJson, OfferedAffectedJson
from api_service.staff.affected.refusals import OfferRule
from api_service.staff.affected.schemas import (
    AffectedActRequest,
    AffectedCancelRequest,
    AffectedOfferRequest,
    AffectedQuery,
)
from api_service.staff.origin import origin_of
from api_service.web.keys import DATABASE, LINKS
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


def no_links() -> Problem:
    return conflict("Clients can take a time by the link in a mail alone: set PUBLIC_URL and LINK_KEY.", "no-links")


@routes.get(_PATH)
@require(STAFF, OPS, OPS_READ)
@operation("List the appointments that no longer fit their doctor's hours", _unknown(), query=AffectedQuery)
async def affected_appointments(request: web.Request, identity: Identity) -> JsonResponse[Listing[AffectedJson]]:
    """The earliest start first, from the clinic's today on: whoever has not been told, and whoever has been offered
    other times and has not answered. `answered=true` lists those who have. The reason of a visit is shown to the role
    staff alone."""
    query = query_of(request, AffectedQuery)
    database, now = request.app[DATABASE], datetime.now(UTC)
    doctor = await doctors.get(database, query.doctor_id)
    if doctor is None:
        raise _unknown()
    read = reading.answered if query.answered else reading.listed
    found = await read(database, doctor, query.date, query.page, now)
    is_staff = STAFF in identity.roles
    return json_response(
        listing(
            found,
            query.page,
            lambda each: each.position,
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
    _, found = await _confirmed(request, wanted)
    report = ActReport.of(found)
    if not wanted.dry_run:
        report = await cancelling.cancel(
            request, found, origin_of(identity, wanted.message), per_second=wanted.per_second
        )
    return json_response(
        {
            "matched": report.matched,
            "cancelled": report.outcomes[cancelling.CANCELLED],
            "excluded": report.excluded(cancelling.CANCELLED),
            "left": report.left,
        }
    )


@routes.post(_PATH + "/offer")
@require(STAFF)
@operation(
    "Offer other times to the clients of appointments that no longer fit",
    unknown_doctor(),
    more_affected(32, 31),
    no_links(),
    takes=AffectedOfferRequest,
)
async def offer_times(request: web.Request, identity: Identity) -> JsonResponse[OfferedAffectedJson]:
    """Each client gets one e-mail, with the message and three free times that are held for them: nobody else can book
    those until the hold ends. The link in the mail takes one of them, which moves the appointment and gives the other
    two back. Clients get different times as far as there are free ones; after that the first one to choose gets a time.
    Reminders of the booked time are taken back. Counted, confirmed and repeated as a cancellation is."""
    wanted = await body_of(request, AffectedOfferRequest)
    if request.app[LINKS] is None:
        raise no_links()
    doctor, found = await _confirmed(request, wanted)
    rule = OfferRule(timedelta(hours=wanted.hold_hours), wanted.again)
    if wanted.dry_run:
        report = await offering.counted(request.app[DATABASE], doctor, found, rule)
    else:
        report = await offering.offer(
            request, found, origin_of(identity, wanted.message), rule, per_second=wanted.per_second
        )
    return json_response(
        {
            "matched": report.matched,
            "offered": report.outcomes[offering.OFFERED],
            "excluded": report.excluded(offering.OFFERED),
            "left": report.left,
        }
    )


async def _confirmed(request: web.Request, wanted: AffectedActRequest) -> tuple[Doctor, Sequence[Affected]]:
    """The doctor, and the appointments to act on. Raises Problem 404, and 409 where there are more than the caller has
    counted."""
    database = request.app[DATABASE]
    doctor = await doctors.get(database, wanted.doctor_id)
    if doctor is None:
        raise unknown_doctor()
    found = await reading.ahead(database, doctor, wanted.date, datetime.now(UTC))
    if not wanted.dry_run and wanted.expected is not None and len(found) > wanted.expected:
        # fewer are no surprise: an earlier request may have been cut off half-way
        raise more_affected(len(found), wanted.expected)
    return doctor, found
