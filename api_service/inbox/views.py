"""The in-app inbox of a client."""

from typing import Final

from aiohttp import web

from api_service.auth import CLIENT, Identity, require
from api_service.inbox import store
from api_service.inbox.store import Notification
from api_service.keys import DATABASE, NEWS
from api_service.pagination import choice_in_query, listing, page_of
from api_service.payloads import json_response, uuid_in_path
from api_service.problems import not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/client/notifications"


@routes.get(_PATH)
@require(CLIENT)
async def list_notifications(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    unread = choice_in_query(request, "unread", ("true", "false")) == "true"
    found = await store.listed(request.app[DATABASE], identity.subject, page, unread=unread)
    return json_response(listing(found, page, lambda each: (each.created_at, each.id), Notification.to_json))


@routes.get(_PATH + "/unread-count")
@require(CLIENT)
async def unread_count(request: web.Request, identity: Identity) -> web.Response:
    return json_response({"unread": await store.unread_count(request.app[DATABASE], identity.subject)})


@routes.post(_PATH + "/read-all")
@require(CLIENT)
async def read_all(request: web.Request, identity: Identity) -> web.Response:
    read = await store.mark_all_read(request.app[DATABASE], identity.subject)
    if read:
        request.app[NEWS].tell(identity.subject)
    return json_response({"read": read})


@routes.post(_PATH + "/{id}/read")
@require(CLIENT)
async def read_one(request: web.Request, identity: Identity) -> web.Response:
    notification_id = uuid_in_path(request, "notification")
    found = await store.mark_read(request.app[DATABASE], notification_id, identity.subject)
    if found is None:
        raise not_found("notification")
    request.app[NEWS].tell(identity.subject)
    return json_response(found.to_json())
