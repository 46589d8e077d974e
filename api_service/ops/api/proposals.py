"""The calls about addresses that delivery reports propose for suppression."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.api.answers import SuppressionJson, suppression_json
from api_service.ops.api.schemas import Remark
from api_service.ops.core import proposals
from api_service.ops.core.actions import By
from api_service.ops.core.proposals import Proposal
from api_service.ops.core.wording import masked
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, PageQuery, listing
from api_service.web.payloads import JsonResponse, json_response, optional_body_of, query_of, uuid_in_path
from api_service.web.problems import not_found
from api_service.web.value_types import Id, Instant
from shared.deliveries import DeliveryEvent

routes: Final = web.RouteTableDef()
_ALL: Final = "/api/ops/suppressions/proposals"
_ANY_MOMENT: Final = datetime.fromtimestamp(0, UTC)


class ProposalJson(TypedDict):
    """An address, masked, whose mail came back for good or was complained of, and that is not suppressed. `id`: of the
    latest report, as `event`, `status` and `lastAt` are; `reports`: how many there are."""

    id: Id
    address: Annotated[str, Field(examples=["c•••1@patients.example"])]
    event: DeliveryEvent
    status: Annotated[str | None, Field(examples=["5.1.1"])]
    reports: Annotated[int, Field(examples=[1])]
    lastAt: Instant


@routes.get(_ALL)
@require(OPS, OPS_READ)
@operation("List addresses that are proposed for suppression", query=PageQuery)
async def list_proposals(request: web.Request, identity: Identity) -> JsonResponse[Listing[ProposalJson]]:
    """The latest report first. A page looks through 1,000 reports: it may have fewer addresses than asked for, or none,
    and go on."""
    page = query_of(request, PageQuery).page
    found = await proposals.listed(request.app[DATABASE], after=page.id, limit=page.limit + 1)
    searched_to = None if found.searched_to is None else (_ANY_MOMENT, found.searched_to)
    return json_response(listing(found.rows, page, _place, _json, searched_to=searched_to))


@routes.post(_ALL + "/{id}/accept")
@require(OPS)
@operation("Suppress an address that is proposed", not_found("proposal"), takes=Remark, optional=True, status=201)
async def accept_proposal(request: web.Request, identity: Identity) -> JsonResponse[SuppressionJson]:
    """No mail goes to it from now on. The reason is the report's, unless the body has another."""
    report_id = uuid_in_path(request, "proposal")
    remark = await optional_body_of(request, Remark)
    written = await proposals.accept(request.app[DATABASE], report_id, By(identity.subject, remark.reason))
    if written is None:
        raise not_found("proposal")
    return json_response(suppression_json(written), status=201)


@routes.post(_ALL + "/{id}/dismiss")
@require(OPS)
@operation("Leave an address that is proposed as it is", not_found("proposal"), takes=Remark, optional=True, status=204)
async def dismiss_proposal(request: web.Request, identity: Identity) -> web.Response:
    """Its reports of until now count no more; a later one proposes it again."""
    report_id = uuid_in_path(request, "proposal")
    remark = await optional_body_of(request, Remark)
    if not await proposals.dismiss(request.app[DATABASE], report_id, By(identity.subject, remark.reason)):
        raise not_found("proposal")
    return web.Response(status=204)


def _place(found: Proposal) -> tuple[datetime, UUID]:
    return found.last_at, found.id


def _json(found: Proposal) -> ProposalJson:
    return {
        "id": found.id,
        "address": masked(found.address),
        "event": DeliveryEvent(found.event),
        "status": found.status,
        "reports": found.reports,
        "lastAt": found.last_at,
    }
