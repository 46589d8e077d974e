"""The overview: is mail going out?"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web

from api_service.ops.core import causes, health, queues, stats, throughput
from api_service.ops.core.throughput import LastHour
from api_service.ops.dashboard.access import HOME, page
from api_service.ops.dashboard.recent import RECENT
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.dashboard.verdict import Signs, judged
from api_service.web.keys import DATABASE
from shared.database import Database
from shared.errors import Contention, Unavailable
from shared.jobs import pauses as queue_pauses

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
        "verdict": lambda: _verdict(database, now),
        "counts": lambda: stats.about(database),
        span: lambda: throughput.by_hours(database, now=now, hours=hours, each=each),
        "waiting": lambda: queues.oldest_due(database),
        "workers": lambda: health.workers(database),
        "causes": lambda: causes.groups(database),
    }
    found = {name: await _panel(recent.get(name, read)) for name, read in panels.items()}
    return html(
        request,
        "overview.html",
        operator,
        span=span,
        slots=found[span],
        verdict=found["verdict"],
        counts=found["counts"],
        waiting=found["waiting"],
        workers=found["workers"],
        causes=found["causes"],
    )


async def _verdict(database: Database, now: datetime) -> tuple[str, str, LastHour]:
    hour = await throughput.last_hour(database, now=now)
    waiting, workers = await queues.oldest_due(database), await health.workers(database)
    parked, parked_since = await health.parked(database)
    signs = Signs(
        sent_last_hour=hour.sent,
        failed_last_hour=hour.failed,
        oldest=max((each.age for each in waiting.values()), default=0.0),
        paused=sorted(await queue_pauses.in_force(database)),
        parked=parked,
        parked_since=parked_since,
        last_claim=workers[0].claimed_at if workers else None,
        last_sent=await stats.last_sent(database),
    )
    return (*judged(signs, now), hour)


async def _panel(reading: Awaitable[T]) -> T | None:
    """None where a panel cannot be read: the others live on."""
    try:
        return await reading
    except (Unavailable, Contention) as error:
        log.warning("panel not read", error=str(error))
        return None
