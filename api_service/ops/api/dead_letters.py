"""The calls of operators about messages that could not be worked on."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.job_answers import DeadLetterJson, dead_letter_json
from api_service.ops.api.schemas import LettersQuery
from api_service.ops.core import dead_letters
from api_service.ops.core.filters import LastSeen
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, json_response, query_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()


@routes.get("/api/ops/dead-letters")
@require(OPS, OPS_READ)
@operation("List messages that could not be worked on", query=LettersQuery)
async def list_dead_letters(request: web.Request, identity: Identity) -> JsonResponse[Listing[DeadLetterJson]]:
    """The newest first."""
    query = query_of(request, LettersQuery)
    page = query.page
    after = None if page.moment is None or page.id is None else LastSeen(page.moment, page.id)
    found = await dead_letters.listed(
        request.app[DATABASE], query.wanted, after=after, limit=page.limit + 1, bodies=True
    )
    return json_response(listing(found, page, lambda each: (each.received_at, each.id), dead_letter_json))


@routes.get("/api/ops/dead-letters/{id}")
@require(OPS, OPS_READ)
@operation("Look at such a message, whole", not_found("dead letter"))
async def one_dead_letter(request: web.Request, identity: Identity) -> JsonResponse[DeadLetterJson]:
    found = await dead_letters.one(request.app[DATABASE], uuid_in_path(request, "dead letter"))
    if found is None:
        raise not_found("dead letter")
    return json_response(dead_letter_json(found))
