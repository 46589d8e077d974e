"""The figures that operators look at."""

from typing import Final

from aiohttp import web

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.stats_answers import StatsJson, stats_json
from api_service.ops.core import figures
from api_service.ops.keys import FIGURES
from api_service.relay.dispatch import BROKER
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, json_response

routes: Final = web.RouteTableDef()


@routes.get("/api/ops/stats")
@require(OPS, OPS_READ)
@operation("Figures of the jobs")
async def current_stats(request: web.Request, identity: Identity) -> JsonResponse[StatsJson]:
    """Six seconds old at most."""
    kept, broker = request.app[FIGURES], request.app[BROKER]
    found, examined = await kept.get(figures.STATS), await kept.get(figures.HEALTH)
    return json_response(stats_json(found, examined, broker.delay_backend, await broker.depths()))
