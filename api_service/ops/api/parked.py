"""The calls about parked mails: the waiting mails, the order and the pace of their release."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.schemas import ReleasePaceRequest
from api_service.ops.core import figures, parked
from api_service.ops.core.actions import By
from api_service.ops.core.parked import ParkedMail, ParkedOverview
from api_service.ops.keys import FIGURES
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response
from api_service.web.value_types import Id, Instant, KindName
from shared.jobs.model import Priority

routes: Final = web.RouteTableDef()


class ReleasePaceJson(TypedDict):
    """Mails a second at most, and whose word it is."""

    perSecond: float
    setBy: str
    setAt: Instant
    reason: str


class ParkedMailJson(TypedDict):
    """`excluded`: why it would be skipped when it is released."""

    id: Id
    kind: KindName
    queue: Priority
    appointmentId: Id
    startsAt: Instant
    parkedSince: Instant
    excluded: Annotated[str | None, Field(examples=["begun"])]


class ParkedJson(TypedDict):
    """`serverAnswers`: a mail server takes mail, null if no notifier knows; `parked`: waiting mails that were counted;
    `isAll`: there are no others; `going`: mails that would be sent; `skipped`: the others by reason; `pace`: null
    without a limit; `first`: the first mails to go."""

    serverAnswers: bool | None
    parked: int
    isAll: bool
    since: Instant | None
    queues: Annotated[dict[str, int], Field(examples=[{"high": 3, "normal": 120}])]
    going: int
    skipped: Annotated[dict[str, int], Field(examples=[{"begun": 2}])]
    pace: ReleasePaceJson | None
    first: list[ParkedMailJson]


@routes.get("/api/ops/parked")
@require(OPS, OPS_READ)
@operation("The mails that wait for a mail server")
async def parked_mails(request: web.Request, identity: Identity) -> JsonResponse[ParkedJson]:
    """The nearest visit first: the order in which they go. Six seconds old at most."""
    return json_response(_parked_json(await request.app[FIGURES].get(figures.PARKED)))


@routes.put("/api/ops/parked/pace")
@require(OPS)
@operation("Set how fast parked mails are let go", takes=ReleasePaceRequest)
async def put_pace(request: web.Request, identity: Identity) -> JsonResponse[ParkedJson]:
    """Obeyed within a second. To let none go, pause the queues."""
    asked = await body_of(request, ReleasePaceRequest)
    await parked.set_pace(request.app[DATABASE], asked.per_second, By(identity.subject, asked.reason))
    return json_response(_parked_json(await parked.parked(request.app[DATABASE])))


def _parked_json(found: ParkedOverview) -> ParkedJson:
    pace = found.pace
    return {
        "serverAnswers": found.answers,
        "parked": len(found.mails),
        "isAll": found.is_all,
        "since": found.since,
        "queues": {str(queue): mails for queue, mails in found.by_queue.items()},
        "going": found.going,
        "skipped": {str(why): mails for why, mails in found.skipped.items()},
        "pace": None
        if pace is None
        else {"perSecond": pace.per_second, "setBy": pace.set_by, "setAt": pace.set_at, "reason": pace.reason},
        "first": [_mail_json(each) for each in found.first],
    }


def _mail_json(mail: ParkedMail) -> ParkedMailJson:
    return {
        "id": mail.id,
        "kind": mail.kind,
        "queue": mail.queue,
        "appointmentId": mail.appointment_id,
        "startsAt": mail.starts_at,
        "parkedSince": mail.parked_since,
        "excluded": None if mail.excluded is None else str(mail.excluded),
    }
