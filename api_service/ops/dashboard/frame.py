"""What every page shows around its content: how many jobs have failed, and how many messages nobody could read."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from api_service.ops.dashboard.recent import Recent
from api_service.ops.dashboard.store import overview
from api_service.web.keys import DATABASE

RECENT: Final = web.AppKey("recent", Recent)
STEPS: Final = web.AppKey("retry_steps", int)
BADGES: Final = web.RequestKey("badges", Mapping[str, int])


async def badges(request: web.Request) -> Mapping[str, int]:
    """Counts by the words of their page; what is zero is not shown."""
    database = request.app[DATABASE]
    return await request.app[RECENT].get("badges", lambda: overview.badges(database))
