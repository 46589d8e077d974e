"""The calls about addresses that mail does not reach."""

from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api_service.auth import OPS, OPS_READ, Identity, require
from api_service.keys import DATABASE
from api_service.ops import suppressions
from api_service.ops.actions import By
from api_service.ops.queries import text_in_query
from api_service.ops.schemas import SuppressionRequest
from api_service.ops.suppressions import Suppression
from api_service.pagination import listing, page_of
from api_service.payloads import body_of, json_response
from api_service.problems import Fault, invalid, not_found
from api_service.profile.schemas import Address

routes: Final = web.RouteTableDef()
_ALL: Final = "/api/ops/suppressions"
_ONE: Final = _ALL + "/{address:[^/]+}"  # aiohttp's own pattern has no braces, which addresses may
_ADDRESS: Final = TypeAdapter[str](Address)


@routes.get(_ALL)
@require(OPS, OPS_READ)
async def list_suppressions(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    found = await suppressions.listed(
        request.app[DATABASE],
        page,
        address=text_in_query(request, "address"),
        reason=text_in_query(request, "reason"),
    )
    return json_response(listing(found, page, lambda each: (each.since, each.id), Suppression.to_json))


@routes.put(_ONE)
@require(OPS)
async def put_suppression(request: web.Request, identity: Identity) -> web.Response:
    try:
        address = _ADDRESS.validate_python(request.match_info["address"])
    except ValidationError:
        raise invalid(Fault("{address}", "is not an e-mail address")) from None
    wanted = await body_of(request, SuppressionRequest)
    written, added = await suppressions.suppress(
        request.app[DATABASE], address, wanted.reason, operator=identity.subject
    )
    return json_response(written.to_json(), status=201 if added else 200)


@routes.delete(_ONE)
@require(OPS)
async def delete_suppression(request: web.Request, identity: Identity) -> web.Response:
    address = request.match_info["address"]
    if not address.isprintable() or not await suppressions.allow(request.app[DATABASE], address, By(identity.subject)):
        raise not_found("suppression")
    return web.Response(status=204)
