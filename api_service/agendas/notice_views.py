"""Operators say which doctor hears by e-mail of bookings, moves and cancellations on the day itself."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.doctors.store import LONGEST_ID
from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.profile.schemas import Address, Language
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, Payload, body_of, json_response, text_in_path
from api_service.web.problems import not_found
from shared.database.rows import Row
from shared.database.sql_file import statements

routes: Final = web.RouteTableDef()
_PATH: Final = "/api/ops/doctors/{id}/notices"
_SQL: Final = statements("api_service.agendas.sql", "notices.sql")


class DoctorNoticesRequest(Payload):
    """Where a doctor hears of changes of the day."""

    email: Address = Field(examples=["ada.weber@clinic.example"])
    locale: Language | None = Field(None, description="Null: the clinic's own language.", examples=["en"])


class DoctorNoticesJson(TypedDict):
    """Where a doctor hears of changes of the day."""

    email: Annotated[str, Field(examples=["ada.weber@clinic.example"])]
    locale: Annotated[str | None, Field(examples=["en"])]


@routes.get(_PATH)
@require(OPS, OPS_READ)
@operation("See whether a doctor hears of changes of the day", not_found("address for notices"))
async def doctor_notices(request: web.Request, identity: Identity) -> JsonResponse[DoctorNoticesJson]:
    """404: no, which is how every doctor begins."""
    row = await request.app[DATABASE].fetchrow(_SQL["find"], text_in_path(request, "address for notices", LONGEST_ID))
    if row is None:
        raise not_found("address for notices")
    return json_response(_json(row))


@routes.put(_PATH)
@require(OPS)
@operation("Tell a doctor of changes of the day", not_found("doctor"), takes=DoctorNoticesRequest)
async def put_doctor_notices(request: web.Request, identity: Identity) -> JsonResponse[DoctorNoticesJson]:
    """By e-mail, when an appointment is booked, moved or cancelled on its day, or is moved away from today."""
    doctor_id = text_in_path(request, "doctor", LONGEST_ID)
    wish = await body_of(request, DoctorNoticesRequest)
    row = await request.app[DATABASE].fetchrow(_SQL["put"], doctor_id, wish.email, wish.locale)
    if row is None:
        raise not_found("doctor")
    return json_response(_json(row))


@routes.delete(_PATH)
@require(OPS)
@operation("Tell a doctor no more of changes of the day", not_found("address for notices"), status=204)
async def remove_doctor_notices(request: web.Request, identity: Identity) -> web.Response:
    """Nor of those whose mail was not sent yet."""
    doctor_id = text_in_path(request, "address for notices", LONGEST_ID)
    if not await request.app[DATABASE].fetch(_SQL["remove"], doctor_id):
        raise not_found("address for notices")
    return web.Response(status=204)


def _json(row: Row) -> DoctorNoticesJson:
    return {"email": row["email"], "locale": row["locale"]}
