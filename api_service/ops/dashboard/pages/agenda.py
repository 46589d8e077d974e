"""The agenda: whom does a doctor see on a day, and were they told?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from api_service.doctors import store as doctors
from api_service.ops.core import agenda
from api_service.ops.dashboard import display_zone
from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.forms import LONGEST, text_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.staff.affected import reading
from api_service.web.keys import DATABASE
from api_service.web.pagination import Page
from api_service.web.payloads import text_in_path
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()
FIRST: Final = date(1970, 1, 2)
LAST: Final = date(9998, 12, 30)
AFFECTED: Final = 200
"""Appointments on the page of those that no longer fit."""


@routes.get("/ops/agenda")
@page
async def doctors_page(request: web.Request, operator: Operator) -> web.Response:
    """All doctors, with how many appointments the day has for each."""
    day = _day(request)
    name, after = text_in(request.query, "from") or "", text_in(request.query, "id") or ""
    found = await agenda.doctors(request.app[DATABASE], day, name=name, doctor_id=after)
    return html(request, "agenda.html", operator, **_frame(day), found=found, begins=name)


@routes.get("/ops/agenda/{id}")
@page
async def doctor_page(request: web.Request, operator: Operator) -> web.Response:
    """One doctor's day."""
    database, day = request.app[DATABASE], _day(request)
    doctor = await agenda.doctor(database, text_in_path(request, "doctor", LONGEST))
    if doctor is None:
        raise Problem(404, "No such doctor", "There is none with this id.")
    found = await agenda.visits(database, doctor.id, day, since=_since(request))
    return html(request, "agenda_day.html", operator, **_frame(day), found=found, doctor=doctor)


@routes.get("/ops/agenda/{id}/affected")
@page
async def affected_page(request: web.Request, operator: Operator) -> web.Response:
    """A doctor's appointments that days off and hours no longer allow, and whether their clients were told."""
    doctor = await doctors.get(request.app[DATABASE], text_in_path(request, "doctor", LONGEST))
    if doctor is None:
        raise Problem(404, "No such doctor", "There is none with this id.")
    found = await reading.listed(request.app[DATABASE], doctor, None, Page(AFFECTED), datetime.now(UTC))
    return html(
        request, "agenda_affected.html", operator, doctor=doctor, found=found[:AFFECTED], more=len(found) > AFFECTED
    )


def _frame(day: date) -> dict[str, Any]:
    return {"day": day, "before": day - timedelta(days=1), "after": day + timedelta(days=1)}


def _day(request: web.Request) -> date:
    """The day that was asked for; today in the reader's zone."""
    text = text_in(request.query, "date")
    if text is None:
        return datetime.now(display_zone.chosen(request)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Problem(422, "Not a date", "A date is written like 2027-01-05.") from None
    if not FIRST <= day <= LAST:
        raise Problem(422, "Not a date", f"The date must lie between {FIRST} and {LAST}.")
    return day


def _since(request: web.Request) -> datetime | None:
    text = text_in(request.query, "since")
    try:
        return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(422, "Not a time", "The page's place is not one that was given out here.") from None
