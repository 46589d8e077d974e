"""The calls of operators that read jobs."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.job_answers import (
    JobJson,
    JobWithAttemptsJson,
    PreviewJson,
    attempt_json,
    delivery_report_json,
    envelope_json,
    job_json,
    preview_json,
)
from api_service.ops.api.schemas import JobsQuery
from api_service.ops.core import job_lists, previews, stories
from api_service.ops.core import jobs as store
from api_service.relay.dispatch import BROKER
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, listing
from api_service.web.payloads import JsonResponse, json_response, query_of, uuid_in_path
from api_service.web.problems import not_found

routes: Final = web.RouteTableDef()
_JOBS: Final = "/api/ops/jobs"
_ANY_MOMENT: Final = datetime.fromtimestamp(0, UTC)


@routes.get(_JOBS)
@require(OPS, OPS_READ)
@operation("List jobs", query=JobsQuery)
async def list_jobs(request: web.Request, identity: Identity) -> JsonResponse[Listing[JobJson]]:
    """The newest first. A page may have fewer jobs than asked for, or none, and go on: a list of what no index knows
    looks through 2,000 jobs a page."""
    query = query_of(request, JobsQuery)
    page = query.page
    found = await job_lists.newest(request.app[DATABASE], query.wanted, after=page.id, limit=page.limit + 1)
    searched_to = None if found.searched_to is None else (_ANY_MOMENT, found.searched_to)
    return json_response(
        listing(found.jobs, page, lambda job: (_ANY_MOMENT, job.id), job_json, searched_to=searched_to)
    )


@routes.get(_JOBS + "/{id}")
@require(OPS, OPS_READ)
@operation("Look at a job with its attempts and the reports about its mail", not_found("job"))
async def one_job(request: web.Request, identity: Identity) -> JsonResponse[JobWithAttemptsJson]:
    database, job_id = request.app[DATABASE], uuid_in_path(request, "job")
    found = await store.job(database, job_id)
    if found is None:
        raise not_found("job")
    attempts = [attempt_json(attempt) for attempt in await store.attempts(database, [job_id])]
    reports = [delivery_report_json(report) for report in await stories.returned_of_job(database, job_id)]
    return json_response(
        {
            **job_json(found),
            "attempts": attempts,
            "deliveryReports": reports,
            "envelope": envelope_json(store.message(found, request.app[BROKER].shards)),
        }
    )


@routes.get(_JOBS + "/{id}/preview")
@require(OPS, OPS_READ)
@operation("Preview the mail of a job", not_found("job"))
async def preview_job(request: web.Request, identity: Identity) -> JsonResponse[PreviewJson]:
    """The mail that a requeue or a resend would send, and the later messages to the client."""
    found = await previews.preview(request.app[DATABASE], request.app[LANGUAGES], uuid_in_path(request, "job"))
    if found is None:
        raise not_found("job")
    return json_response(preview_json(found))
