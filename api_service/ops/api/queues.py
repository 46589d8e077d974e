"""The calls about work queues: how they stand, pause, resume."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.answers import QueueJson, queue_json
from api_service.ops.api.schemas import Remark
from api_service.ops.core import queues
from api_service.ops.core.actions import By
from api_service.ops.core.queues import QueueStanding
from api_service.relay.dispatch import BROKER
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing
from api_service.web.payloads import JsonResponse, json_response, optional_body_of
from api_service.web.problems import not_found
from shared.jobs.work_queues import WorkQueue

routes: Final = web.RouteTableDef()
_QUEUES: Final = "/api/ops/queues"


@routes.get(_QUEUES)
@require(OPS, OPS_READ)
@operation("List the work queues")
async def list_queues(request: web.Request, identity: Identity) -> JsonResponse[Listing[QueueJson]]:
    found = await queues.standings(request.app[DATABASE], request.app[BROKER])
    return json_response({"items": [queue_json(each) for each in found], "nextCursor": None})


@routes.post(_QUEUES + "/{name}/pause")
@require(OPS)
@operation("Pause a queue", not_found("queue"), takes=Remark, optional=True)
async def pause_queue(request: web.Request, identity: Identity) -> JsonResponse[QueueJson]:
    """`high`, `normal`, or the full name; of several shards also one, such as `high.3`. Publishing goes on; notifiers
    stop consuming within a second."""
    queue, remark = _queue(request), await optional_body_of(request, Remark)
    await queues.pause(request.app[DATABASE], queue, By(identity.subject, remark.reason))
    return json_response(queue_json(await _standing(request, queue)))


@routes.post(_QUEUES + "/{name}/resume")
@require(OPS)
@operation("Resume a queue", not_found("queue"), takes=Remark, optional=True)
async def resume_queue(request: web.Request, identity: Identity) -> JsonResponse[QueueJson]:
    queue, remark = _queue(request), await optional_body_of(request, Remark)
    await queues.resume(request.app[DATABASE], queue, By(identity.subject, remark.reason))
    return json_response(queue_json(await _standing(request, queue)))


async def _standing(request: web.Request, queue: WorkQueue) -> QueueStanding:
    return await queues.standing(request.app[DATABASE], request.app[BROKER], queue.priority)


def _queue(request: web.Request) -> WorkQueue:
    queue = queues.named(request.match_info["name"])
    if queue is None:
        raise not_found("queue")
    return queue
