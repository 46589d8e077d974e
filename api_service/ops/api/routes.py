"""Every call of operators' JSON API."""

from collections.abc import Iterable, Iterator
from functools import wraps
from typing import Any, Final

from aiohttp import web

from api_service.ops.api import actions as action_views
from api_service.ops.api import bulk as bulk_views
from api_service.ops.api import dead_letters as dead_letter_views
from api_service.ops.api import deliveries as delivery_views
from api_service.ops.api import feed_keys as feed_key_views
from api_service.ops.api import forecast as forecast_views
from api_service.ops.api import job_acts as job_act_views
from api_service.ops.api import jobs as job_views
from api_service.ops.api import parked as parked_views
from api_service.ops.api import people as people_views
from api_service.ops.api import proposals as proposal_views
from api_service.ops.api import queues as queue_views
from api_service.ops.api import records as record_views
from api_service.ops.api import stats as stats_views
from api_service.ops.api import suppressions as suppression_views
from api_service.ops.keys import FIGURES


def _that_forget(routes: Iterable[web.AbstractRouteDef]) -> Iterator[web.AbstractRouteDef]:
    """After a change the figures are read again: whoever has made it wants to see it."""
    for route in routes:
        assert isinstance(route, web.RouteDef)  # noqa: S101 - each is made by a decorator of its views
        yield (
            route
            if route.method in ("GET", "HEAD")
            else web.route(route.method, route.path, _that_forgets(route.handler), **route.kwargs)
        )


def _that_forgets(handler: Any) -> Any:
    @wraps(handler)
    async def changed(request: web.Request) -> Any:
        try:
            return await handler(request)
        finally:
            request.app[FIGURES].forget()

    return changed


_VIEWS: Final[list[web.AbstractRouteDef]] = [
    *job_views.routes,
    *job_act_views.routes,
    *bulk_views.routes,
    *dead_letter_views.routes,
    *queue_views.routes,
    *record_views.routes,
    *delivery_views.routes,
    *proposal_views.routes,
    *suppression_views.routes,
    *action_views.routes,
    *stats_views.routes,
    *forecast_views.routes,
    *parked_views.routes,
    *people_views.routes,
    *feed_key_views.routes,
]
routes: Final = list(_that_forget(_VIEWS))
