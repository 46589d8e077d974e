"""Profiles: a client's own, and any client's for operators."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import CLIENT, OPS, OPS_READ, Identity, require
from api_service.profile import store
from api_service.profile.erased import ErasedClient, erased_client
from api_service.profile.schemas import ClientRequest, ProfileRequest
from api_service.profile.store import Profile, ProfileJson
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response, text_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_OWN: Final = "/api/client/profile"
_ANY: Final = "/api/ops/clients/{id}"
LONGEST_ID: Final = 200
"""Characters of a client's id."""


@routes.get(_OWN)
@require(CLIENT)
@operation("Look at one's profile")
async def own_profile(request: web.Request, identity: Identity) -> JsonResponse[ProfileJson]:
    found = await store.get(request.app[DATABASE], identity.subject)
    return json_response((found or Profile(identity.subject, identity.name, identity.email)).to_json())


@routes.put(_OWN)
@require(CLIENT)
@operation("Write one's profile", erased_client(), takes=ProfileRequest)
async def put_own_profile(request: web.Request, identity: Identity) -> JsonResponse[ProfileJson]:
    """The address is not among it: it comes from the token, or from an operator."""
    wanted = await body_of(request, ProfileRequest)
    try:
        written = await store.put_own(request.app[DATABASE], identity.subject, identity.email, wanted)
    except ErasedClient:
        raise erased_client() from None
    return json_response(written.to_json())


@routes.get(_ANY)
@require(OPS, OPS_READ)
@operation("Look at a client", not_found("client"))
async def one_client(request: web.Request, identity: Identity) -> JsonResponse[ProfileJson]:
    found = await store.get(request.app[DATABASE], text_in_path(request, "client", LONGEST_ID))
    if found is None:
        raise not_found("client")
    return json_response(found.to_json())


@routes.put(_ANY)
@require(OPS)
@operation("Write a client", not_found("client"), takes=ClientRequest)
async def put_client(request: web.Request, identity: Identity) -> JsonResponse[ProfileJson]:
    """An address set here outranks the token's. A client who was erased is admitted again."""
    client_id = text_in_path(request, "client", LONGEST_ID)
    written = await store.put_by_ops(request.app[DATABASE], client_id, await body_of(request, ClientRequest))
    if written is None:
        raise not_found("client")
    return json_response(written.to_json())
