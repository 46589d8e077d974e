"""The calls of operators that change one job."""

from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.identity.bearer import OPS, Identity, require
from api_service.ops.api.job_answers import JobJson, job_json
from api_service.ops.api.job_problems import not_requeued, not_resent, resent_already, wrong_state
from api_service.ops.api.schemas import DiscardRequest, Remark
from api_service.ops.core import cancelling, requeueing, resending
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import By
from api_service.ops.core.selection import Exclusion
from api_service.relay.dispatch import DISPATCH
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response, optional_body_of, uuid_in_path
from api_service.web.problems import Problem, not_found
from shared.jobs.model import State

routes: Final = web.RouteTableDef()
_JOBS: Final = "/api/ops/jobs"
_ONLY_FAILED: Final = "Only a failed job can be requeued"
_ONLY_UNSENT: Final = "Only a job that waits, is under way or has failed can be cancelled"
_ONLY_FAILED_IS_GIVEN_UP: Final = "Only a failed job can be given up"
_ONLY_ENDED: Final = "Only a job that has succeeded, failed or was skipped can be sent again"


@routes.post(_JOBS + "/{id}/requeue")
@require(OPS)
@operation(
    "Try a failed job again",
    not_found("job"),
    wrong_state(_ONLY_FAILED, State.SUCCEEDED),
    not_requeued(Exclusion.MOVED),
    takes=Remark,
    optional=True,
    status=202,
)
async def requeue_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    done = await requeueing.one(database, request.app[DISPATCH], job_id, By(identity.subject, remark.reason))
    for why in done.excluded:
        raise not_requeued(why)
    return await _answer(request, job_id, _ONLY_FAILED, done=bool(done.jobs))


@routes.post(_JOBS + "/{id}/cancel")
@require(OPS)
@operation(
    "Cancel a job",
    not_found("job"),
    wrong_state(_ONLY_UNSENT, State.SUCCEEDED),
    takes=Remark,
    optional=True,
    status=202,
)
async def cancel_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    state = await cancelling.one(database, job_id, By(identity.subject, remark.reason))
    return await _answer(request, job_id, _ONLY_UNSENT, done=state is not None)


@routes.post(_JOBS + "/{id}/resend")
@require(OPS)
@operation(
    "Send a job again",
    not_found("job"),
    wrong_state(_ONLY_ENDED, State.CANCELLED),
    not_resent(Exclusion.MOVED),
    resent_already(UUID(int=1)),
    takes=Remark,
    optional=True,
    status=202,
    sends={"Location": "The new job."},
)
async def resend_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    """Makes a new job of the same kind, due now, with the facts of now; `resendOf` says whose it is. From a job that
    has succeeded, failed or was skipped; a failed one is given up for it."""
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    done = await resending.resend(
        database,
        request.app[DISPATCH],
        job_id,
        By(identity.subject, remark.reason),
        request_id=request[REQUEST_ID],
        traceparent=request[TRACEPARENT],
    )
    if done is None:
        raise not_found("job")
    if done.job_id is None:
        raise _refused(done)
    answer = await _answer(request, done.job_id, _ONLY_ENDED, done=True)
    answer.headers["Location"] = f"{_JOBS}/{done.job_id}"
    return answer


def _refused(done: resending.Resent) -> Problem:
    if done.state not in resending.SOURCES:
        return wrong_state(_ONLY_ENDED, done.state)
    if done.excluded is not None:
        return not_resent(done.excluded)
    return resent_already(done.resent_by or UUID(int=0))


@routes.post(_JOBS + "/{id}/discard")
@require(OPS)
@operation(
    "Give a failed job up",
    not_found("job"),
    wrong_state(_ONLY_FAILED_IS_GIVEN_UP, State.SUCCEEDED),
    takes=DiscardRequest,
    status=202,
)
async def discard_job(request: web.Request, identity: Identity) -> JsonResponse[JobJson]:
    """It becomes cancelled, and its row keeps the reason."""
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    wanted = await body_of(request, DiscardRequest)
    done = await resending.discard(database, job_id, By(identity.subject, wanted.reason))
    return await _answer(request, job_id, _ONLY_FAILED_IS_GIVEN_UP, done=done)


async def _answer(request: web.Request, job_id: UUID, otherwise: str, *, done: bool) -> JsonResponse[JobJson]:
    """202 with the job as it is now; 404 or 409 if nothing was done."""
    found = await store.job(request.app[DATABASE], job_id)
    if found is None:
        raise not_found("job")
    if not done:
        raise wrong_state(otherwise, found.state)
    return json_response(job_json(found), status=202)
