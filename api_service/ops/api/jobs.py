"""The calls of operators about jobs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.job_answers import (
    JobJson,
    JobWithAttemptsJson,
    RequeuedJson,
    attempt_json,
    envelope_json,
    job_json,
)
from api_service.ops.api.schemas import JobsQuery, Remark, RequeueRequest
from api_service.ops.core import cancelling, job_lists, requeueing, selection
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import By
from api_service.ops.core.selection import Exclusion, Selection
from api_service.relay.dispatch import DISPATCH
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, body_of, json_response, optional_body_of, query_of, uuid_in_path
from api_service.web.problems import Problem, conflict, not_found
from shared.jobs.model import State

routes: Final = web.RouteTableDef()
_JOBS: Final = "/api/ops/jobs"
_ANY_MOMENT: Final = datetime.fromtimestamp(0, UTC)
_ONLY_FAILED: Final = "Only a failed job can be requeued"
_ONLY_UNSENT: Final = "Only a job that waits, is under way or has failed can be cancelled"
_STAYS_FAILED: Final = {
    Exclusion.CANCELLED: "It stays failed: its appointment was cancelled, or the job itself while it was tried.",
    Exclusion.MOVED: "It stays failed: its appointment was moved, and the client was told of another time since.",
    Exclusion.BEGUN: "It stays failed: its appointment has begun.",
    Exclusion.SUPPRESSED: "It stays failed: mail does not reach its address, which is suppressed.",
    Exclusion.POSSIBLY_SENT: "It stays failed: its mail may have gone out already.",
}


def _wrong_state(otherwise: str, state: State) -> Problem:
    return conflict(f"{otherwise}; this one is {state}.", "wrong-state", state=state)


def _not_requeued(why: Exclusion) -> Problem:
    return conflict(_STAYS_FAILED[why], "not-requeued", excluded=why)


@routes.get(_JOBS)
@require(OPS, OPS_READ)
@operation("List jobs", query=JobsQuery)
async def list_jobs(request: web.Request, identity: Identity) -> JsonResponse[Listing[JobJson]]:
    """The newest first."""
    query = query_of(request, JobsQuery)
    page = query.page
    found = await job_lists.newest(request.app[DATABASE], query.wanted, after=page.id, limit=page.limit + 1)
    return json_response(listing(found, page, lambda job: (_ANY_MOMENT, job.id), job_json))


@routes.get(_JOBS + "/{id}")
@require(OPS, OPS_READ)
@operation("Look at a job with its attempts", not_found("job"))
async def one_job(request: web.Request, identity: Identity) -> JsonResponse[JobWithAttemptsJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    found = await store.job(database, job_id)
    if found is None:
        raise not_found("job")
    attempts = [attempt_json(attempt) for attempt in await store.attempts(database, [job_id])]
    return json_response({**job_json(found), "attempts": attempts, "envelope": envelope_json(store.message(found))})


@routes.post(_JOBS + "/{id}/requeue")
@require(OPS)
@operation(
    "Try a failed job again",
    not_found("job"),
    _wrong_state(_ONLY_FAILED, State.SUCCEEDED),
    _not_requeued(Exclusion.MOVED),
    takes=Remark,
    optional=True,
    status=202,
)
async def requeue_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    done = await requeueing.one(database, request.app[DISPATCH], job_id, By(identity.subject, remark.reason))
    for why in done.excluded:
        raise _not_requeued(why)
    return await _answer(request, job_id, _ONLY_FAILED, done=bool(done.jobs))


@routes.post(_JOBS + "/{id}/cancel")
@require(OPS)
@operation(
    "Cancel a job",
    not_found("job"),
    _wrong_state(_ONLY_UNSENT, State.SUCCEEDED),
    takes=Remark,
    optional=True,
    status=202,
)
async def cancel_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    state = await cancelling.one(database, job_id, By(identity.subject, remark.reason))
    return await _answer(request, job_id, _ONLY_UNSENT, done=state is not None)


@routes.post(_JOBS + "/requeue")
@require(OPS)
@operation("Try many failed jobs again", takes=RequeueRequest, status=202)
async def requeue_jobs(request: web.Request, identity: Identity) -> JsonResponse[RequeuedJson]:
    """By an explicit filter, paced, so that they do not stampede the mail server. What is no longer so, has begun, or
    goes to a suppressed address stays failed, and is counted."""
    wanted = await body_of(request, RequeueRequest)
    database = request.app[DATABASE]
    before = wanted.failed_before or await selection.now(database)
    which = Selection(
        state=wanted.state,
        kind=wanted.kind,
        appointment_id=wanted.appointment_id,
        client_id=wanted.client_id,
        error=wanted.error,
    )
    if wanted.dry_run:
        outline = await requeueing.outline(database, which, before=before)
        excluded = outline.left_out(possibly_sent=wanted.possibly_sent)
        return _requeued(outline.matched, 0, excluded, before)
    done = await requeueing.many(
        database,
        request.app[DISPATCH],
        which,
        By(identity.subject, wanted.reason),
        before=before,
        per_second=wanted.per_second,
        possibly_sent=wanted.possibly_sent,
    )
    return _requeued(done.matched, len(done.jobs), done.excluded, before)


def _requeued(
    matched: int, requeued: int, excluded: Mapping[Exclusion, int], before: datetime
) -> JsonResponse[RequeuedJson]:
    answer: RequeuedJson = {
        "matched": matched,
        "requeued": requeued,
        "excluded": {str(why): jobs for why, jobs in excluded.items()},
        "failedBefore": before,
    }
    return json_response(answer, status=202)


async def _answer(request: web.Request, job_id: UUID, otherwise: str, *, done: bool) -> JsonResponse[JobJson]:
    """202 with the job as it is now; 404 or 409 where nothing was done."""
    found = await store.job(request.app[DATABASE], job_id)
    if found is None:
        raise not_found("job")
    if not done:
        raise _wrong_state(otherwise, found.state)
    return json_response(job_json(found), status=202)
