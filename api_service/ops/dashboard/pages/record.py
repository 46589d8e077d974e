"""The record of an appointment, to be printed and handed over."""

from typing import Final

from aiohttp import web

from api_service.ops.core import records
from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()


@routes.get("/ops/appointments/{id}/record")
@page
async def appointment_record(request: web.Request, operator: Operator) -> web.Response:
    found = await records.record(request.app[DATABASE], uuid_in_path(request, "appointment"))
    if found is None:
        raise Problem(404, "No such appointment", "There has never been one with this id.")
    return html(request, "record.html", operator, record=found)
