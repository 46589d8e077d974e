"""The overview: is mail going out?"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web

from api_service.ops.dashboard.access import HOME, page
from api_service.ops.dashboard.frame import RECENT
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.dashboard.store import failures, overview
from api_service.ops.dashboard.store.overview import Slot
from api_service.ops.dashboard.verdict import Signs, judged
from api_service.web.keys import DATABASE
from shared.database import Database
from shared.errors import Contention, Unavailable
from shared.jobs import pauses as queue_pauses

log = structlog.get_logger("api_service.ops")
routes: Final = web.RouteTableDef()
_SPANS: Final = {"day": (24, 1), "week": (168, 6)}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Minutes:
    """The last hour of both queues."""

    slots: dict[str, Sequence[Slot]]

    @property
    def sent(self) -> int:
        return sum(slot.succeeded for slots in self.slots.values() for slot in slots)

    @property
    def failed(self) -> int:
        return sum(slot.failed for slots in self.slots.values() for slot in slots)

    @property
    def per_minute(self) -> float:
        """Of the last five whole minutes."""
        return sum(slot.succeeded for slots in self.slots.values() for slot in slots[-6:-1]) / 5


@routes.get(HOME)
@page
async def overview_page(request: web.Request, operator: Operator) -> web.Response:
    span = "week" if request.query.get("span") == "week" else "day"
    recent, database, now = request.app[RECENT], request.app[DATABASE], datetime.now(UTC)
    hours, each = _SPANS[span]
    panels: dict[str, Callable[[], Awaitable[Any]]] = {
        "verdict": lambda: _verdict(database, now),
        "counts": lambda: overview.counts(database),
        span: lambda: overview.slots(database, now=now, hours=hours, each=each),
        "waiting": lambda: overview.waiting(database),
        "workers": lambda: overview.workers(database),
        "causes": lambda: failures.groups(database),
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


async def _verdict(database: Database, now: datetime) -> tuple[str, str, Minutes]:
    minutes = Minutes(dict(await overview.minutes(database, now=now)))
    waiting, workers = await overview.waiting(database), await overview.workers(database)
    parked, parked_since = await overview.parked(database)
    signs = Signs(
        sent_last_hour=minutes.sent,
        failed_last_hour=minutes.failed,
        oldest=max(((now - since).total_seconds() for since in waiting.values()), default=0.0),
        paused=sorted(await queue_pauses.in_force(database)),
        parked=parked,
        parked_since=parked_since,
        last_claim=workers[0].claimed_at if workers else None,
        last_sent=await overview.last_sent(database),
    )
    return (*judged(signs, now), minutes)


async def _panel(reading: Awaitable[T]) -> T | None:
    """None where a panel cannot be read: the others live on."""
    try:
        return await reading
    except (Unavailable, Contention) as error:
        log.warning("panel not read", error=str(error))
        return None
