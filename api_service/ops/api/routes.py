"""Every call of operators' JSON API."""

from typing import Final

from aiohttp.web import AbstractRouteDef

from api_service.ops.api import actions as action_views
from api_service.ops.api import bulk as bulk_views
from api_service.ops.api import dead_letters as dead_letter_views
from api_service.ops.api import deliveries as delivery_views
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

routes: Final[list[AbstractRouteDef]] = [
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
]
