"""The record of what operators did by hand."""

from typing import Final

from aiohttp import web

from api_service.auth import OPS, OPS_READ, Identity, require
from api_service.keys import DATABASE
from api_service.ops import actions
from api_service.ops.actions import Action, ActionFilter, ActionKind
from api_service.ops.queries import text_in_query
from api_service.pagination import choice_in_query, listing, moment_in_query, page_of
from api_service.payloads import json_response

routes: Final = web.RouteTableDef()


@routes.get("/api/ops/actions")
@require(OPS, OPS_READ)
async def list_actions(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    wanted = ActionFilter(
        operator=text_in_query(request, "operator"),
        action=choice_in_query(request, "action", list(ActionKind)),
        since=moment_in_query(request, "from"),
        until=moment_in_query(request, "to"),
    )
    found = await actions.listed(request.app[DATABASE], wanted, page)
    return json_response(listing(found, page, lambda each: (each.at, each.id), Action.to_json))
