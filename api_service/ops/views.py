"""The calls of operators about jobs and dead letters."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from api_service.auth import OPS, OPS_READ, Identity, require
from api_service.keys import DATABASE, DISPATCH
from api_service.ops import cancelling, requeueing, store
from api_service.ops.queries import ids_in_query, text_in_query, uuid_in_query
from api_service.ops.schemas import Remark, RequeueRequest
from api_service.ops.store import DeadLetter, JobFilter, LetterFilter
from api_service.pagination import choice_in_query, listing, moment_in_query, page_of
from api_service.payloads import body_of, json_response, optional_body_of, uuid_in_path
from api_service.problems import Fault, conflict, invalid, not_found
from shared import envelope
from shared.jobs import Job, Kind, State, Ticket
from shared.topology import WORK

routes: Final = web.RouteTableDef()
_JOBS: Final = "/api/ops/jobs"
_ANY_MOMENT: Final = datetime.fromtimestamp(0, UTC)


@routes.get(_JOBS)
@require(OPS, OPS_READ)
async def list_jobs(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    found = await store.jobs(request.app[DATABASE], _filter(request), page)
    return json_response(listing(found, page, lambda job: (_ANY_MOMENT, job.id), shown))


@routes.get(_JOBS + "/{id}")
@require(OPS, OPS_READ)
async def one_job(request: web.Request, identity: Identity) -> web.Response:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    found = await store.job(database, job_id)
    if found is None:
        raise not_found("job")
    attempts = [attempt.to_json() for attempt in await store.attempts(database, job_id)]
    return json_response(shown(found) | {"attempts": attempts, "envelope": _envelope(found)})


@routes.post(_JOBS + "/{id}/requeue")
@require(OPS)
async def requeue_job(request: web.Request, identity: Identity) -> web.Response:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    done = await requeueing.one(
        database, request.app[DISPATCH], job_id, operator=identity.subject, reason=remark.reason
    )
    return await _answer(request, job_id, "Only a failed job can be requeued", done=done)


@routes.post(_JOBS + "/{id}/cancel")
@require(OPS)
async def cancel_job(request: web.Request, identity: Identity) -> web.Response:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    remark = await optional_body_of(request, Remark)
    state = await cancelling.one(database, job_id, operator=identity.subject, reason=remark.reason)
    return await _answer(request, job_id, "Only a job that has not ended can be cancelled", done=state is not None)


@routes.post(_JOBS + "/requeue")
@require(OPS)
async def requeue_jobs(request: web.Request, identity: Identity) -> web.Response:
    wanted = await body_of(request, RequeueRequest)
    done = await requeueing.many(
        request.app[DATABASE],
        request.app[DISPATCH],
        JobFilter(wanted.state, wanted.kind, wanted.appointment_id, wanted.client_id, wanted.error),
        per_second=wanted.per_second,
        dry_run=wanted.dry_run,
        operator=identity.subject,
        reason=wanted.reason,
        failed_before=wanted.failed_before,
    )
    answer = {"matched": done.matched, "requeued": done.requeued, "failedBefore": done.failed_before}
    return json_response(answer, status=202)


@routes.get("/api/ops/dead-letters")
@require(OPS, OPS_READ)
async def list_dead_letters(request: web.Request, identity: Identity) -> web.Response:
    page = page_of(request)
    wanted = LetterFilter(
        reason=text_in_query(request, "reason"),
        since=moment_in_query(request, "from"),
        until=moment_in_query(request, "to"),
    )
    found = await store.dead_letters(request.app[DATABASE], wanted, page)
    return json_response(listing(found, page, lambda each: (each.received_at, each.id), DeadLetter.to_json))


@routes.get("/api/ops/dead-letters/{id}")
@require(OPS, OPS_READ)
async def one_dead_letter(request: web.Request, identity: Identity) -> web.Response:
    found = await store.dead_letter(request.app[DATABASE], uuid_in_path(request, "dead letter"))
    if found is None:
        raise not_found("dead letter")
    return json_response(found.to_json())


def shown(job: Job) -> dict[str, Any]:
    """A job as operators see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "priority": job.priority,
        "state": job.state,
        "reason": job.reason,
        "error": job.error,
        "appointmentId": job.appointment_id,
        "clientId": job.client_id,
        "dueAt": job.due_at,
        "attempt": job.attempt,
        "retries": job.retries,
        "lost": job.lost,
        "leaseOwner": job.lease_owner,
        "leaseUntil": job.lease_until,
        "cancelRequested": job.cancel_requested,
        "requestId": job.request_id,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }


def _envelope(job: Job) -> dict[str, Any]:
    """The message that would claim the job as it stands."""
    ticket = Ticket(job.id, job.attempt, job.kind, job.appointment_id, job.due_at, job.request_id, job.traceparent)
    built = envelope.build(ticket)
    return {
        "exchange": WORK,
        "routingKey": job.priority,
        "messageId": built.message_id,
        "type": built.type,
        "correlationId": built.correlation_id,
        "headers": built.headers,
        "body": built.body.decode(),
    }


async def _answer(request: web.Request, job_id: UUID, otherwise: str, *, done: bool) -> web.Response:
    """202 with the job as it is now; 404 or 409 where nothing was done."""
    found = await store.job(request.app[DATABASE], job_id)
    if found is None:
        raise not_found("job")
    if not done:
        raise conflict(f"{otherwise}; this one is {found.state}.", "wrong-state", state=found.state)
    return json_response(shown(found), status=202)


def _filter(request: web.Request) -> JobFilter:
    wanted = JobFilter(
        state=choice_in_query(request, "state", list(State)),
        kind=choice_in_query(request, "kind", list(Kind)),
        appointment_id=uuid_in_query(request, "appointmentId"),
        client_id=text_in_query(request, "clientId"),
        error=text_in_query(request, "error"),
        ids=ids_in_query(request, "id"),
    )
    if wanted.error and wanted.state not in (None, State.FAILED, State.RETRYING):
        raise invalid(Fault("?error", f"is searched in failed and retrying jobs, not in {wanted.state} ones"))
    return wanted
