"""The calls that report about a mail after its server took it: by operators, relays and providers' webhooks."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Final, get_args

import orjson
import structlog
from aiohttp import web
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, Identity, guarded_by, require
from api_service.ops.api import providers
from api_service.ops.api.providers import Provider
from api_service.ops.api.schemas import DeliveryReportRequest
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response
from api_service.web.problems import FieldFault, Problem, from_http, invalid, not_found
from shared.deliveries import Report, ReportOutcome, record, report_of

log = structlog.get_logger("api_service.ops")

routes: Final = web.RouteTableDef()
LARGEST: Final = 1024 * 1024
"""Bytes of a webhook's body. SendGrid's are of 768 KiB at most."""
_PATH: Final = "/api/ops/deliveries"
_PROVIDERS: Final = {str(each): each for each in get_args(Provider)}


@dataclass(frozen=True, slots=True)
class Reception:
    """How reports are taken: `key` in place of an operator's token, and after how many permanent returns an address is
    suppressed; None: neither."""

    key: str | None
    suppress_after: int | None


RECEPTION: Final = web.AppKey("delivery_reception", Reception)


class ReceivedJson(TypedDict):
    """How many reports were recorded, had come before, are about no job that we have, or are none that count."""

    recorded: int
    repeated: int
    unknown: int
    ignored: int


Handler = Callable[[web.Request], Awaitable[JsonResponse[ReceivedJson]]]


def _by_operator_or_key(handler: Handler) -> Handler:
    """Lets it run for an operator's token, or for DELIVERIES_KEY: as a bearer token, or as the password of basic
    authentication, as providers can send it."""

    async def by_operator(request: web.Request, _: Identity) -> web.StreamResponse:
        return await handler(request)

    otherwise = require(OPS)(by_operator)

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        key = request.app[RECEPTION].key
        bears_it = key is not None and _credential(request.headers.get("Authorization", ""), key)
        return await (handler if bears_it else otherwise)(request)

    return guarded_by(guarded, OPS)  # type: ignore[return-value]  # its answers are the handler's


def _credential(header: str, key: str) -> bool:
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), key.encode())


def _names_no_job() -> Problem:
    return invalid(FieldFault("/messageId", "names no mail of ours"))


def _too_large() -> Problem:
    return from_http(web.HTTPRequestEntityTooLarge(max_size=LARGEST, actual_size=LARGEST + 1))


def _no_json() -> Problem:
    return Problem(400, "The body is no JSON")


@routes.post(_PATH)
@_by_operator_or_key
@operation("Report about a mail", _names_no_job(), takes=DeliveryReportRequest)
async def put_delivery(request: web.Request) -> JsonResponse[ReceivedJson]:
    """The same report may come twice, late, and in any order; one about a job that was removed is unknown."""
    told = await body_of(request, DeliveryReportRequest)
    job_id = told.job_id or providers.job_of(told.message_id)
    if job_id is None:
        raise _names_no_job()
    report = report_of(
        job_id,
        told.event,
        source="api",
        status=told.status,
        detail=told.detail or "",
        recipient=told.recipient,
        is_permanent=told.permanent,
    )
    return await _received(request, [report])


@routes.post(_PATH + "/{provider}")
@_by_operator_or_key
@operation("Take a provider's webhook", _no_json(), _too_large(), not_found("provider"))
async def take_webhook(request: web.Request) -> JsonResponse[ReceivedJson]:
    """`provider` is mailgun, postmark, sendgrid or ses. Other events are ignored and answered by 200: otherwise the
    provider would send them again."""
    provider = _PROVIDERS.get(request.match_info["provider"])
    if provider is None:
        raise not_found("provider")
    try:
        payload = orjson.loads(await request.clone(client_max_size=LARGEST).read())
    except orjson.JSONDecodeError:
        raise _no_json() from None
    if (link := providers.sns_confirmation(payload)) is not None:
        log.warning("Amazon SNS asks to confirm its subscription: open the link once", link=link)
    return await _received(request, providers.reports(provider, payload))


async def _received(request: web.Request, reports: Iterable[Report | None]) -> JsonResponse[ReceivedJson]:
    counts: ReceivedJson = {"recorded": 0, "repeated": 0, "unknown": 0, "ignored": 0}
    app = request.app
    for report in reports:
        if report is None:
            counts["ignored"] += 1
            continue
        outcome, _ = await record(app[DATABASE], report, app[LANGUAGES], suppress_after=app[RECEPTION].suppress_after)
        counts[_NAMES[outcome]] += 1  # type: ignore[literal-required]  # its values are the names
    return json_response(counts)


_NAMES: Final = {each: str(each) for each in ReportOutcome}
