"""The overview: is mail going out?"""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

import structlog
from aiohttp import web

from api_service.ops.core import durations, figures
from api_service.ops.dashboard import texts
from api_service.ops.dashboard.access import HOME, page
from api_service.ops.dashboard.chips import Chip, ChipGroup
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import FIGURES, OUTLOOKS
from api_service.web.keys import DATABASE
from shared.errors import Contention, Unavailable
from shared.jobs.model import Kind

log = structlog.get_logger("api_service.ops")
routes: Final = web.RouteTableDef()
_SPANS: Final = {"hour": "1 hour", "day": "24 hours", "week": "7 days"}
T = TypeVar("T")


@routes.get(HOME)
@page
async def overview_page(request: web.Request, operator: Operator) -> web.Response:
    span, kind = _one_of(request, "span", _SPANS, "day"), _one_of(request, "kind", Kind, "")
    kept = request.app[FIGURES]
    ended, health = await _panel(kept.get(figures.ENDED[span])), await _panel(kept.get(figures.HEALTH))
    failed = await _panel(kept.get(figures.FAILED))
    return html(
        request,
        "overview.html",
        operator,
        span=span,
        span_words=_SPANS[span],
        kind=kind,
        choices=_choices(span, kind),
        slots=None if ended is None else ended.intervals(kind or None),
        durations=await _panel(kept.get(figures.DURATIONS)),
        sample=durations.SAMPLE,
        health=health,
        counts=await _panel(kept.get(figures.COUNTS)),
        waiting=None if health is None else health.oldest,
        causes=None if failed is None else failed.by_cause,
        outlook=await _panel(request.app[OUTLOOKS].at_hand(request.app[DATABASE])),
    )


def _one_of(request: web.Request, name: str, allowed: Iterable[str], otherwise: str) -> str:
    """A parameter of the chart; an unknown value gives the default."""
    value = request.query.get(name, "")
    return value if value in set(allowed) else otherwise


def _choices(span: str, kind: str) -> Sequence[ChipGroup]:
    """Other charts."""
    spans = [Chip(words, _url(each, kind), each == span) for each, words in _SPANS.items()]
    kinds = [Chip(texts.kind(each), _url(span, "" if each == kind else each), each == kind) for each in Kind]
    return ChipGroup("Last", spans), ChipGroup("Kind", kinds)


def _url(span: str, kind: str) -> str:
    query = urlencode({name: value for name, value in (("span", span), ("kind", kind)) if value not in ("", "day")})
    return f"{HOME}?{query}" if query else HOME


async def _panel(reading: Awaitable[T]) -> T | None:
    """None if a panel cannot be read: the other panels are still shown."""
    try:
        return await reading
    except (Unavailable, Contention) as error:
        log.warning("panel not read", error=str(error))
        return None
