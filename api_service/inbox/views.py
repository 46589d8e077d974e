"""The in-app inbox of a client."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import CLIENT, Identity, require
from api_service.inbox import store
from api_service.inbox.schemas import InboxQuery, ReadJson, UnreadJson
from api_service.inbox.store import Notification, NotificationJson
from api_service.inbox.stream.listener import NEWS
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, json_response, query_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/client/notifications"


@routes.get(_PATH)
@require(CLIENT)
@operation("List one's notifications", query=InboxQuery)
async def list_notifications(request: web.Request, identity: Identity) -> JsonResponse[Listing[NotificationJson]]:
    """The newest first."""
    query = query_of(request, InboxQuery)
    found = await store.listed(request.app[DATABASE], identity.subject, query.page, unread=query.unread)
    return json_response(listing(found, query.page, lambda each: (each.created_at, each.id), Notification.to_json))


@routes.get(_PATH + "/unread-count")
@require(CLIENT)
@operation("Count what is unread")
async def unread_count(request: web.Request, identity: Identity) -> JsonResponse[UnreadJson]:
    return json_response({"unread": await store.unread_count(request.app[DATABASE], identity.subject)})


@routes.post(_PATH + "/read-all")
@require(CLIENT)
@operation("Mark every notification as read")
async def read_all(request: web.Request, identity: Identity) -> JsonResponse[ReadJson]:
    """Answers how many were unread."""
    read = await store.mark_all_read(request.app[DATABASE], identity.subject)
    if read:
        request.app[NEWS].tell(identity.subject)
    return json_response({"read": read})


@routes.post(_PATH + "/{id}/read")
@require(CLIENT)
@operation("Mark a notification as read", not_found("notification"))
async def read_one(request: web.Request, identity: Identity) -> JsonResponse[NotificationJson]:
    """Again keeps the first time."""
    notification_id = uuid_in_path(request, "notification")
    found = await store.mark_read(request.app[DATABASE], notification_id, identity.subject)
    if found is None:
        raise not_found("notification")
    request.app[NEWS].tell(identity.subject)
    return json_response(found.to_json())
