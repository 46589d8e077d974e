"""Every call of operators' JSON API."""

from typing import Final

from aiohttp.web import AbstractRouteDef

from api_service.ops import action_views, queue_views, stats_views, suppression_views, views

routes: Final[list[AbstractRouteDef]] = [
    *views.routes,
    *queue_views.routes,
    *suppression_views.routes,
    *action_views.routes,
    *stats_views.routes,
]
