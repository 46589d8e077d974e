"""One job: what happened, and what now?"""

import hmac
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.ops.core import cancelling, previews, requeueing, resending, stories
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import By
from api_service.ops.core.resending import SOURCES
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.notices import notice
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator, act_token
from api_service.relay.dispatch import BROKER, DISPATCH
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem
from shared.jobs.model import FINAL, Job, State

routes: Final = web.RouteTableDef()
STEPS: Final = web.AppKey("retry_steps", int)
"""Retries that a job has."""


@routes.get("/ops/jobs/{id}")
@page
async def one_job(request: web.Request, operator: Operator) -> web.Response:
    job = await _job(request)
    database = request.app[DATABASE]
    return html(
        request,
        "job.html",
        operator,
        job=job,
        attempts=list(reversed(await store.attempts(database, [job.id]))),
        returned=await stories.returned_of_job(database, job.id),
        around=await store.around(database, job.id),
        envelope=_envelope(job, request.app[BROKER].shards),
        steps=request.app[STEPS],
        notice=notice(_said(request, operator, job.id), job),
        final=job.state in FINAL,
        preview=await previews.preview(database, request.app[LANGUAGES], job.id) if job.state in SOURCES else None,
    )


@routes.post("/ops/jobs/{id}/requeue")
@action
async def requeue(request: web.Request, operator: Operator) -> web.StreamResponse:
    job = await _job(request)
    done = await requeueing.one(request.app[DATABASE], request.app[DISPATCH], job.id, By(operator.subject))
    raise _back(operator, job.id, "requeued" if done.jobs else next(iter(done.excluded), "not-failed"))


@routes.post("/ops/jobs/{id}/cancel")
@action
async def cancel(request: web.Request, operator: Operator) -> web.StreamResponse:
    job = await _job(request)
    state = await cancelling.one(request.app[DATABASE], job.id, By(operator.subject))
    said = "ended" if state is None else "marked" if state is State.PROCESSING else "cancelled"
    raise _back(operator, job.id, said)


@routes.post("/ops/jobs/{id}/resend")
@action
async def resend(request: web.Request, operator: Operator) -> web.StreamResponse:
    job, form = await _job(request), await form_of(request)
    by = By(operator.subject, text_in(form, "reason"))
    done = await resending.resend(request.app[DATABASE], request.app[DISPATCH], job.id, by)
    if done is None or done.job_id is None:
        raise _back(operator, job.id, "not-resent")
    raise _back(operator, done.job_id, "resent")


@routes.post("/ops/jobs/{id}/discard")
@action
async def discard(request: web.Request, operator: Operator) -> web.StreamResponse:
    job, reason = await _job(request), text_in(await form_of(request), "reason")
    if reason is None:
        raise Problem(422, "Not given up", "A job is given up with a reason.")
    done = await resending.discard(request.app[DATABASE], job.id, By(operator.subject, reason))
    raise _back(operator, job.id, "cancelled" if done else "not-failed")


async def _job(request: web.Request) -> Job:
    job = await store.job(request.app[DATABASE], uuid_in_path(request, "job"))
    if job is None:
        raise Problem(404, "No such job", "It was removed after its retention, or has never existed.")
    return job


def _back(operator: Operator, job_id: UUID, said: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/ops/jobs/{job_id}?said={said}&by={act_token(operator, job_id, said)}")


def _said(request: web.Request, operator: Operator, job_id: UUID) -> str:
    """The result of an act of this session on this job; empty for an address that somebody has made up."""
    said, given = request.query.get("said", ""), request.query.get("by", "")
    made = act_token(operator, job_id, said)
    return said if hmac.compare_digest(given.encode(errors="replace"), made.encode()) else ""


def _envelope(job: Job, shards: int) -> dict[str, object]:
    """The job's message as words and values."""
    message = store.message(job, shards)
    built = message.envelope
    return {
        "exchange": message.exchange,
        "routing key": message.routing_key,
        "message_id": built.message_id,
        "type": built.type,
        "correlation_id": built.correlation_id or "–",
        "traceparent": built.headers.get("traceparent", "–"),
        "body": built.body.decode(),
    }
