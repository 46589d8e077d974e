"""The overview: is mail going out?"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web

from api_service.ops.core import causes, health, queues, stats, throughput
from api_service.ops.dashboard.access import HOME, page
from api_service.ops.dashboard.recent import RECENT
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import OUTLOOKS
from api_service.web.keys import DATABASE
from shared.errors import Contention, Unavailable

log = structlog.get_logger("api_service.ops")
routes: Final = web.RouteTableDef()
_SPANS: Final = {"day": (24, 1), "week": (168, 6)}
T = TypeVar("T")


@routes.get(HOME)
@page
async def overview_page(request: web.Request, operator: Operator) -> web.Response:
    span = "week" if request.query.get("span") == "week" else "day"
    recent, database, now = request.app[RECENT], request.app[DATABASE], datetime.now(UTC)
    hours, each = _SPANS[span]
    panels: dict[str, Callable[[], Awaitable[Any]]] = {
        "health": lambda: health.examine(database),
        "counts": lambda: stats.about(database),
        span: lambda: throughput.by_hours(database, now=now, hours=hours, each=each),
        "waiting": lambda: queues.oldest_due(database),
        "causes": lambda: causes.groups(database),
        "outlook": lambda: request.app[OUTLOOKS].newest(database),
    }
    found = {name: await _panel(recent.get(name, read)) for name, read in panels.items()}
    return html(
        request,
        "overview.html",
        operator,
        span=span,
        slots=found[span],
        health=found["health"],
        counts=found["counts"],
        waiting=found["waiting"],
        causes=found["causes"],
        outlook=found["outlook"],
    )


async def _panel(reading: Awaitable[T]) -> T | None:
    """None where a panel cannot be read: the others live on."""
    try:
        return await reading
    except (Unavailable, Contention) as error:
        log.warning("panel not read", error=str(error))
        return None
