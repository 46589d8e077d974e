"""The call that hands over the record of an appointment, signed."""

from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.core import records
from api_service.ops.core.records import RecordKey
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, json_response, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
RECORD_KEY: Final[web.AppKey[RecordKey | None]] = web.AppKey("record_key")
"""None if no secret is set from which the key could be derived."""


class RecordJson(TypedDict):
    """`record`: the messages to the client with their times, the mail servers' codes, reports, notifications read
    in the app, and the client's own changes. `jws`: the record, signed (RFC 7515, EdDSA); null without RECORD_KEY.
    `publicKey`: the key that verifies it."""

    record: dict[str, Any]
    jws: str | None
    publicKey: Annotated[dict[str, str] | None, Field(examples=[{"kty": "OKP", "crv": "Ed25519", "x": "…"}])]


@routes.get("/api/ops/appointments/{id}/record")
@require(OPS, OPS_READ)
@operation("Hand over the record of an appointment", not_found("appointment"))
async def appointment_record(request: web.Request, identity: Identity) -> JsonResponse[RecordJson]:
    """As far as jobs and reports are still kept. Addresses and the reason of the visit are not in it."""
    found = await records.record(request.app[DATABASE], uuid_in_path(request, "appointment"))
    if found is None:
        raise not_found("appointment")
    key = request.app[RECORD_KEY]
    answer: RecordJson = {
        "record": found,
        "jws": None if key is None else key.sign(found),
        "publicKey": None if key is None else key.jwk,
    }
    return json_response(answer)
