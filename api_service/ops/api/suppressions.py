"""The calls about addresses that mail does not reach."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.answers import SuppressionJson, suppression_json
from api_service.ops.api.schemas import SuppressionRequest, SuppressionsQuery
from api_service.ops.core import suppressions
from api_service.ops.core.actions import By
from api_service.profile.schemas import Address
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, body_of, json_response, query_of
from api_service.web.problems import FieldFault, Problem, invalid, not_found

routes: Final = web.RouteTableDef()
_ALL: Final = "/api/ops/suppressions"
_ONE: Final = _ALL + "/{address:[^/]+}"  # aiohttp's own pattern has no braces, which addresses may
_ANY_MOMENT: Final = datetime.fromtimestamp(0, UTC)
_ADDRESS: Final = TypeAdapter[str](Address)


@routes.get(_ALL)
@require(OPS, OPS_READ)
@operation("List addresses that mail does not reach", query=SuppressionsQuery)
async def list_suppressions(request: web.Request, identity: Identity) -> JsonResponse[Listing[SuppressionJson]]:
    """The newest first. By a part of the reason a page looks through 2,000: it may have fewer than asked for, or none,
    and go on."""
    query = query_of(request, SuppressionsQuery)
    page = query.page
    found = await suppressions.listed(
        request.app[DATABASE],
        address=query.address or None,
        reason=query.reason or None,
        after=page.id,
        limit=page.limit + 1,
    )
    searched_to = None if found.searched_to is None else (_ANY_MOMENT, found.searched_to)
    return json_response(
        listing(found.rows, page, lambda each: (each.since, each.id), suppression_json, searched_to=searched_to)
    )


def _no_address() -> Problem:
    return invalid(FieldFault("{address}", "is not an e-mail address"))


@routes.put(_ONE)
@require(OPS)
@operation("Send no more mail to an address", _no_address(), takes=SuppressionRequest, status=(200, 201))
async def put_suppression(request: web.Request, identity: Identity) -> JsonResponse[SuppressionJson]:
    """201 if the address is new. If it is there already, only its reason changes."""
    try:
        address = _ADDRESS.validate_python(request.match_info["address"])
    except ValidationError:
        raise _no_address() from None
    wanted = await body_of(request, SuppressionRequest)
    written, added = await suppressions.suppress(
        request.app[DATABASE], address, wanted.reason, operator=identity.subject
    )
    return json_response(suppression_json(written), status=201 if added else 200)


@routes.delete(_ONE)
@require(OPS)
@operation("Send mail to an address again", not_found("suppression"), status=204)
async def delete_suppression(request: web.Request, identity: Identity) -> web.Response:
    """Skipped jobs stay skipped."""
    address = request.match_info["address"]
    if not address.isprintable() or not await suppressions.allow(request.app[DATABASE], address, By(identity.subject)):
        raise not_found("suppression")
    return web.Response(status=204)
