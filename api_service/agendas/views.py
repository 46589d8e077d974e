"""Operators say which doctor gets an agenda, where and when."""

from datetime import time
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from api_service.doctors.store import LONGEST_ID
from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.profile.schemas import Address, Language
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, Payload, body_of, json_response, text_in_path
from api_service.web.problems import not_found
from api_service.web.value_types import ClockTime, clock_time
from shared.database.rows import Row
from shared.database.sql_file import statements

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/ops/doctors/{id}/agenda"
_SQL: Final = statements("api_service.agendas.sql", "agendas.sql")


class AgendaRequest(Payload):
    """Where and when a doctor gets the agenda of the day."""

    email: Address = Field(examples=["ada.weber@clinic.example"])
    send_at: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = Field(
        "07:00", description="HH:MM on the clinic's clock.", examples=["07:00"]
    )
    locale: Language | None = Field(None, description="Null: the clinic's own language.", examples=["en"])


class AgendaJson(TypedDict):
    """Where and when a doctor gets the agenda of the day. There is none on days without appointments."""

    email: Annotated[str, Field(examples=["ada.weber@clinic.example"])]
    sendAt: ClockTime
    locale: Annotated[str | None, Field(examples=["en"])]


@routes.get(_PATH)
@require(OPS, OPS_READ)
@operation("See whether a doctor gets agendas", not_found("agenda"))
async def agenda_wish(request: web.Request, identity: Identity) -> JsonResponse[AgendaJson]:
    """404: none, which is how every doctor begins."""
    row = await request.app[DATABASE].fetchrow(_SQL["wish"], text_in_path(request, "agenda", LONGEST_ID))
    if row is None:
        raise not_found("agenda")
    return json_response(_json(row))


@routes.put(_PATH)
@require(OPS)
@operation("Send a doctor the agenda of each day", not_found("doctor"), takes=AgendaRequest)
async def put_agenda_wish(request: web.Request, identity: Identity) -> JsonResponse[AgendaJson]:
    """By e-mail, in the morning at a time of the clinic. An agenda that is planned already keeps its time."""
    doctor_id = text_in_path(request, "doctor", LONGEST_ID)
    wish = await body_of(request, AgendaRequest)
    values = (doctor_id, wish.email, time.fromisoformat(wish.send_at), wish.locale)
    row = await request.app[DATABASE].fetchrow(_SQL["put"], *values)
    if row is None:
        raise not_found("doctor")
    return json_response(_json(row))


@routes.delete(_PATH)
@require(OPS)
@operation("Send a doctor no more agendas", not_found("agenda"), status=204)
async def remove_agenda_wish(request: web.Request, identity: Identity) -> web.Response:
    """Also none that is planned already."""
    if not await request.app[DATABASE].fetch(_SQL["remove"], text_in_path(request, "agenda", LONGEST_ID)):
        raise not_found("agenda")
    return web.Response(status=204)


def _json(row: Row) -> AgendaJson:
    return {"email": row["email"], "sendAt": clock_time(row["send_at"]), "locale": row["locale"]}
