"""Names the resources of the operators' side for aiohttp."""

from typing import Final

from aiohttp import web

from api_service.ops.core.outlook import Outlooks
from api_service.ops.core.recent import Recent

OUTLOOKS: Final = web.AppKey("outlooks", Outlooks)
RECENT: Final = web.AppKey("recent", Recent)
