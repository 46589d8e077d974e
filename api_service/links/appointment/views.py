"""The pages of an appointment's link: GET shows, and changes nothing; only the POST of a form changes something.

Link checkers, previews and prefetching open every link of a mail, so opening must be harmless. The token in the address
is the permission. A form carries the version of the appointment that it was shown with: after any change the reader
sees the news first, and chooses anew.
"""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from api_service.appointments import calendar
from api_service.links.appointment import free_times as choosing
from api_service.links.appointment.actions import ActOutcome, act, is_met
from api_service.links.appointment.form import FormRequest, day_of, time_of
from api_service.links.appointment.guard import link_page
from api_service.links.appointment.pages import PAGES
from api_service.links.appointment.view_model import CLINIC, Shown, load
from api_service.web.forms import form_of
from api_service.web.keys import CALENDAR, DATABASE, LINKS
from api_service.web.openapi.operation import operation
from shared.links.appointments import PATH

routes: Final = web.RouteTableDef()
_PAGE: Final = PATH + "{token}"
_READING: Final = (200, 404, 409, 410, 429, 503)


@routes.get(_PAGE)
@link_page
@operation("Show the appointment of a link", status=_READING, media="text/html")
async def show_appointment(request: web.Request, shown: Shown) -> web.Response:
    """For people: the link of every mail leads here. Opening it changes nothing."""
    return _appointment(request, shown, did=request.query.get("did", ""))


@routes.get(_PAGE + "/cancel")
@link_page
@operation("Ask whether to cancel the appointment of a link", status=_READING, media="text/html")
async def ask_to_cancel(request: web.Request, shown: Shown) -> web.Response:
    """For people. Opening it changes nothing."""
    if not shown.is_open:
        return _appointment(request, shown, is_below=True)
    facts = list(shown.facts(request.app[CLINIC]))
    return _page(request, "cancel", shown, "cancel-title", "cancel-text", is_below=True, facts=facts)


@routes.get(_PAGE + "/move")
@link_page
@operation("Choose another time for the appointment of a link", status=_READING, media="text/html")
async def choose_time(request: web.Request, shown: Shown) -> web.Response:
    """For people. `day` shows its free times, `day` and `time` ask whether to take it, `from` shows days from there on.
    Opening it changes nothing."""
    if not shown.is_open:
        return _appointment(request, shown, is_below=True)
    day, clock = day_of(request.query.get("day")), time_of(request.query.get("time"))
    if day is None:
        return await _days(request, shown, is_below=True)
    slots = await choosing.times(request.app[DATABASE], shown, day)
    chosen = next((slot for slot in slots if slot.local_time == clock), None)
    if chosen is not None:
        facts = list(shown.moved(chosen))
        return _page(request, "confirm", shown, "move-title", "", is_below=True, facts=facts, slot=chosen)
    text = "" if clock is None else "slot-gone"
    return await _times(request, shown, FormRequest("move", shown.appointment.version, day, clock), text, is_below=True)


@routes.post(_PAGE)
@link_page
@operation(
    "Do what a form of the link's pages asks for", status=(303, 404, 409, 410, 413, 415, 429, 503), media="text/html"
)
async def act_on_form(request: web.Request, shown: Shown) -> web.Response:
    """For the forms of these pages: `act` is `come`, `move` (with `day` and `time`) or `cancel`; `version` is that of
    the appointment that was shown. A success leads back to the appointment; a refusal is a page."""
    wish = FormRequest.of(await form_of(request))
    outcome, now = await act(request, shown, wish), shown
    if outcome is not ActOutcome.DONE:
        now = await load(request.app, shown.appointment.id) or shown
        if is_met(now, wish):  # the same button, pressed twice: the other press was between our look and our change
            outcome = ActOutcome.DONE
    if outcome is ActOutcome.DONE:
        there = f"{request.match_info['token']}?did={wish.act}"
        headers = {"Location": there, "Cache-Control": "no-store"}
        return web.Response(status=303, headers=headers, content_type="text/html")
    if outcome is ActOutcome.CHANGED or not now.is_open:
        return _appointment(request, now, is_news=now.is_open, status=409)
    text = "slot-taken" if outcome is ActOutcome.TAKEN else "slot-gone"
    return await _times(request, now, wish, text, status=409)


@routes.get(_PAGE + "/calendar.ics")
@link_page
@operation(
    "Take the appointment of a link into one's calendar",
    status=(200, 404, 409, 410, 429, 503),
    media="text/calendar",
    refuses_as="text/html",
)
async def calendar_of_link(request: web.Request, shown: Shown) -> web.Response:
    """Its iCalendar file (RFC 5545); that of a cancelled one takes the entry out of the calendar again."""
    writer, event = request.app[CALENDAR], calendar.event(shown.appointment, shown.doctor, request.app[LINKS])
    return web.Response(
        body=writer.file(event, shown.language, datetime.now(UTC)),
        headers={
            "Content-Type": f"text/calendar; charset=utf-8; method={writer.method(event)}; component=VEVENT",
            "Content-Disposition": f'attachment; filename="appointment-{shown.appointment.local_date}.ics"',
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        },
    )


def _appointment(
    request: web.Request, shown: Shown, *, did: str = "", is_news: bool = False, **options: Any
) -> web.Response:
    """The appointment as it is now. `did`: what the reader has just done; `is_news`: it is not what they were shown."""
    heading, text = _said(shown, did)
    if shown.needs_another_time:
        return _offer(request, shown, **options)
    if is_news:
        heading, text = "changed-title", "changed"
    facts = list(shown.facts(request.app[CLINIC]))
    return _page(request, "appointment", shown, heading, text, facts=facts, **options)


def _offer(request: web.Request, shown: Shown, **options: Any) -> web.Response:
    """The times that are held for the client; or none any more, and the way to others."""
    text = "offer" if shown.offered else "offer-ended"
    facts = list(shown.facts(request.app[CLINIC]))
    return _page(request, "offer", shown, "offer-title", text, facts=facts, **options)


def _said(shown: Shown, did: str) -> tuple[str, str]:
    """Heading and text. `did` comes from the address, so it counts only if the appointment agrees."""
    if shown.is_cancelled:
        return "cancelled-title", "cancelled"
    if shown.begun:
        return "begun-title", "begun"
    if did == "move" and shown.appointment.version > 1:
        return "moved-title", "moved"
    if shown.appointment.attendance is not None:
        return "thanks-title" if did == "come" else "title", "thanks"
    return "title", "takes-place" if shown.takes_place else "booked"


async def _days(request: web.Request, shown: Shown, *, is_below: bool) -> web.Response:
    first = day_of(request.query.get("from"))
    found = await choosing.days(request.app[DATABASE], shown, first, datetime.now(UTC))
    values: dict[str, Any] = {"days": found.days, "earlier": found.earlier, "later": found.later}
    text = "" if found.days else "no-slots-at-all"
    return _page(request, "days", shown, "move", text, is_below=is_below, **values)


async def _times(
    request: web.Request, shown: Shown, wish: FormRequest, text: str, *, is_below: bool = False, status: int = 200
) -> web.Response:
    """The free times of the chosen day."""
    day = wish.day or shown.appointment.local_date
    slots = await choosing.times(request.app[DATABASE], shown, day)
    text = text or ("" if slots else "no-slots")
    return _page(request, "times", shown, "choose-time", text, is_below=is_below, status=status, day=day, slots=slots)


def _page(
    request: web.Request,
    scene: str,
    shown: Shown,
    heading: str,
    text: str,
    *,
    is_below: bool = False,
    status: int = 200,
    **values: Any,
) -> web.Response:
    """`is_below`: of a page below the appointment's. Addresses are relative, since PUBLIC_URL may have a path that only
    a proxy before us knows."""
    token = request.match_info["token"]
    return request.app[PAGES].page(
        scene,
        shown.language,
        status=status,
        shown=shown,
        heading=heading,
        text=text,
        page=f"../{token}" if is_below else token,
        below="" if is_below else f"{token}/",
        current=shown.when,
        **values,
    )
