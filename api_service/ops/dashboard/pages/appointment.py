"""One appointment: the past and the future messages to its client."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.ops.core import jobs as store
from api_service.ops.core import stories
from api_service.ops.dashboard import story
from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem
from shared.database import Database

routes: Final = web.RouteTableDef()


@routes.get("/ops/appointments/{id}")
@page
async def one_appointment(request: web.Request, operator: Operator) -> web.Response:
    database = request.app[DATABASE]
    appointment = await stories.appointment(database, uuid_in_path(request, "appointment"))
    if appointment is None:
        raise Problem(404, "No such appointment", "There has never been one with this id.")
    jobs = await stories.jobs_of(database, appointment.id)
    attempts = await store.attempts(database, [job.id for job in jobs])
    told = await stories.told(database, appointment)
    acts = await stories.acts_of(database, appointment.id)
    line = story.entries(appointment, jobs, attempts, told, datetime.now(UTC), acts=acts)
    return html(
        request,
        "appointment.html",
        operator,
        appointment=appointment,
        line=line,
        returned=await _returned(database, appointment.id),
        jobs=jobs,
    )


async def _returned(database: Database, appointment_id: UUID) -> Mapping[UUID, Sequence[stories.Returned]]:
    """The reports about delivered mails by job."""
    found: dict[UUID, list[stories.Returned]] = defaultdict(list)
    for report in await stories.returned(database, appointment_id):
        found[report.job_id].append(report)
    return found
