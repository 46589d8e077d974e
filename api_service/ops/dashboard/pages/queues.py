"""The work queues: are they keeping up, and may they run?"""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.ops.core import figures, queues, throughput
from api_service.ops.core.actions import By
from api_service.ops.core.signs import Signs
from api_service.ops.core.verdict import unattended
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import FIGURES
from api_service.relay.dispatch import BROKER
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.problems import Problem
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue

routes: Final = web.RouteTableDef()


@routes.get("/ops/queues")
@page
async def queues_page(request: web.Request, operator: Operator) -> web.Response:
    database = request.app[DATABASE]
    examined = await request.app[FIGURES].get(figures.HEALTH)
    return html(
        request,
        "queues.html",
        operator,
        queues=await queues.standings(database, request.app[BROKER]),
        aside=await queues.side_queues(request.app[BROKER]),
        health=examined,
        idle={priority: _idle(examined.signs, priority) for priority in Priority},
        hour=examined.hour or await throughput.last_hour(database, now=datetime.now(UTC)),
    )


@routes.get("/ops/queues/{name}/pause")
@action
async def pause_page(request: web.Request, operator: Operator) -> web.Response:
    """Asks for the reason, and shows the jobs that would wait."""
    queue = _queue(request)
    standing = await queues.standing(request.app[DATABASE], request.app[BROKER], queue.priority)
    shard = next((each for each in standing.shards if each.queue == queue), None)
    return html(request, "pause.html", operator, queue=standing, shard=shard)


@routes.post("/ops/queues/{name}/pause")
@action
async def pause(request: web.Request, operator: Operator) -> web.StreamResponse:
    queue, reason = _queue(request), text_in(await form_of(request), "reason")
    if reason is None:
        raise Problem(422, "Not paused", "A queue is paused with a reason: others see it here, and in the log.")
    await queues.pause(request.app[DATABASE], queue, By(operator.subject, reason))
    raise web.HTTPSeeOther("/ops/queues")


@routes.post("/ops/queues/{name}/resume")
@action
async def resume(request: web.Request, operator: Operator) -> web.StreamResponse:
    reason = text_in(await form_of(request), "reason")
    await queues.resume(request.app[DATABASE], _queue(request), By(operator.subject, reason))
    raise web.HTTPSeeOther("/ops/queues")


def _idle(signs: Signs, priority: Priority) -> str | None:
    """Why nobody takes messages from a queue of a priority; None while somebody does from each."""
    reasons = (unattended(signs, queue.name) for queue in signs.queues if queue.priority is priority)
    return next(filter(None, reasons), None)


def _queue(request: web.Request) -> WorkQueue:
    queue = queues.named(request.match_info["name"])
    if queue is None:
        raise Problem(404, "No such queue")
    return queue
