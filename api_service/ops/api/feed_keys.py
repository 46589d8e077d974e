"""The calls about the secret keys of doctors' calendar feeds."""

from typing import Annotated, Final
from urllib.parse import quote

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.doctors.store import LONGEST_ID
from api_service.identity.bearer import OPS, Identity, require
from api_service.ops.api.schemas import Remark
from api_service.ops.core import feed_keys
from api_service.ops.core.actions import By
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response, text_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_KEY: Final = "/api/ops/doctors/{id}/calendar-key"


class FeedKeyJson(TypedDict):
    """Shown once. `path`: the feed's, for the public address of the API."""

    key: Annotated[str, Field(examples=["mJr0VbYc2h0a4k3v8nq1Xw7sT5uP9eLdQ6fGzKiRoCA"])]
    path: Annotated[
        str, Field(examples=["/api/doctors/1/calendar.ics?key=mJr0VbYc2h0a4k3v8nq1Xw7sT5uP9eLdQ6fGzKiRoCA"])
    ]


@routes.post(_KEY)
@require(OPS)
@operation("Make a key for a doctor's calendar feed", not_found("doctor"), takes=Remark)
async def make_key(request: web.Request, identity: Identity) -> JsonResponse[FeedKeyJson]:
    """In place of an older key, which opens nothing any more."""
    doctor_id = text_in_path(request, "doctor", LONGEST_ID)
    wanted = await body_of(request, Remark)
    key = await feed_keys.make(request.app[DATABASE], doctor_id, By(identity.subject, wanted.reason))
    if key is None:
        raise not_found("doctor")
    return json_response({"key": key, "path": f"/api/doctors/{quote(doctor_id, safe='')}/calendar.ics?key={key}"})


@routes.delete(_KEY)
@require(OPS)
@operation("Revoke the key of a doctor's calendar feed", not_found("key"), status=204)
async def revoke_key(request: web.Request, identity: Identity) -> web.Response:
    doctor_id = text_in_path(request, "key", LONGEST_ID)
    if not await feed_keys.revoke(request.app[DATABASE], doctor_id, By(identity.subject)):
        raise not_found("key")
    return web.Response(status=204)
