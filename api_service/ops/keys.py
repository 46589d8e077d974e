"""Names the resources of the operators' side for aiohttp."""

from typing import Final

from aiohttp import web

from api_service.ops.core.figures import Figures
from api_service.ops.core.outlook import Outlooks

OUTLOOKS: Final = web.AppKey("outlooks", Outlooks)
FIGURES: Final = web.AppKey("figures", Figures)
