"""The record of the operators' actions."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.answers import ActionJson, action_json
from api_service.ops.api.schemas import ActionsQuery
from api_service.ops.core import actions
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, json_response, query_of

routes: Final = web.RouteTableDef()


@routes.get("/api/ops/actions")
@require(OPS, OPS_READ)
@operation("List the operators' actions", query=ActionsQuery)
async def list_actions(request: web.Request, identity: Identity) -> JsonResponse[Listing[ActionJson]]:
    """The newest first."""
    query = query_of(request, ActionsQuery)
    page = query.page
    found = await actions.listed(request.app[DATABASE], query.wanted, after=page.id, limit=page.limit + 1)
    return json_response(listing(found, page, lambda each: (each.at, each.id), action_json))
