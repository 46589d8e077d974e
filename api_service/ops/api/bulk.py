"""The calls of operators that change many jobs at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, Identity, require
from api_service.ops.api.job_answers import CancelledJson, RequeuedJson
from api_service.ops.api.schemas import CancelRequest, RequeueRequest
from api_service.ops.core import cancelling, requeueing, selection
from api_service.ops.core.actions import By
from api_service.ops.core.selection import Exclusion, Selection
from api_service.relay.dispatch import DISPATCH
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, body_of, json_response

routes: Final = web.RouteTableDef()
_JOBS: Final = "/api/ops/jobs"


@routes.post(_JOBS + "/requeue")
@require(OPS)
@operation("Try many failed jobs again", takes=RequeueRequest, status=202)
async def requeue_jobs(request: web.Request, identity: Identity) -> JsonResponse[RequeuedJson]:
    """By an explicit filter, paced, so that they do not stampede the mail server. A job stays failed, and is counted,
    if its facts no longer hold, its appointment has begun, or its address is suppressed."""
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


@routes.post(_JOBS + "/cancel")
@require(OPS)
@operation("Cancel many jobs", takes=CancelRequest, status=202)
async def cancel_jobs(request: web.Request, identity: Identity) -> JsonResponse[CancelledJson]:
    """By an explicit filter, in paced batches. Jobs made after `madeBefore` are not touched; count with `dryRun`
    first."""
    wanted = await body_of(request, CancelRequest)
    database = request.app[DATABASE]
    before = wanted.made_before or await selection.now(database)
    which = Selection(
        state=wanted.state,
        kind=wanted.kind,
        appointment_id=wanted.appointment_id,
        client_id=wanted.client_id,
        error=wanted.error,
    )
    if wanted.dry_run:
        outline = await cancelling.outline_of(database, which, before=before)
        done = cancelling.Cancelled(outline.matched, 0, 0)
    else:
        by = By(identity.subject, wanted.reason)
        done = await cancelling.many(database, which, by, before=before, per_second=wanted.per_second)
    answer: CancelledJson = {
        "matched": done.matched,
        "cancelled": done.cancelled,
        "marked": done.marked,
        "madeBefore": before,
    }
    return json_response(answer, status=202)
