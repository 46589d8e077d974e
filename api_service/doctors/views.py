"""Doctors: who they are and when they are free, for clients; writing them, for operators."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api_service.appointments import rules
from api_service.appointments.model import clock
from api_service.auth import OPS, Identity, require
from api_service.doctors import store
from api_service.doctors.model import Doctor
from api_service.doctors.schemas import DoctorRequest
from api_service.fields import LocalDate
from api_service.keys import DATABASE
from api_service.pagination import listing, name_page_of
from api_service.payloads import body_of, json_response
from api_service.problems import Fault, invalid, not_found

routes: Final = web.RouteTableDef()
_DATE: Final = TypeAdapter(LocalDate)
_LONGEST_ID: Final = 100


@routes.get("/api/doctors")
@require()
async def list_doctors(request: web.Request, identity: Identity) -> web.Response:
    page = name_page_of(request)
    found = await store.listed(request.app[DATABASE], page)
    return json_response(listing(found, page, lambda doctor: (doctor.name, doctor.id), Doctor.to_json))


@routes.get("/api/doctors/{id}")
@require()
async def one_doctor(request: web.Request, identity: Identity) -> web.Response:
    return json_response((await _doctor(request)).to_json())


@routes.get("/api/doctors/{id}/slots")
@require()
async def free_slots(request: web.Request, identity: Identity) -> web.Response:
    doctor = await _doctor(request)
    day = _date(request)
    offered = list(rules.slots(doctor, day, datetime.now(UTC)))
    if not offered:
        return json_response({"items": [], "nextCursor": None})
    taken = await store.taken(
        request.app[DATABASE], doctor.id, offered[0].starts_at, offered[-1].ends_at + timedelta(days=1)
    )
    free = [slot for slot in offered if not any(begin < slot.ends_at and slot.starts_at < end for begin, end in taken)]
    items = [
        {
            "appointmentDate": slot.local_date,
            "appointmentTime": clock(slot.local_time),
            "startsAt": slot.starts_at,
        }
        for slot in free
    ]
    return json_response({"items": items, "nextCursor": None})


@routes.put("/api/ops/doctors/{id}")
@require(OPS)
async def put_doctor(request: web.Request, identity: Identity) -> web.Response:
    doctor_id = request.match_info["id"]
    if not doctor_id.isprintable() or len(doctor_id) > _LONGEST_ID:
        raise not_found("doctor")
    doctor = await store.put(request.app[DATABASE], doctor_id, await body_of(request, DoctorRequest))
    return json_response(doctor.to_json())


async def _doctor(request: web.Request) -> Doctor:
    doctor_id = request.match_info["id"]
    found = await store.get(request.app[DATABASE], doctor_id) if doctor_id.isprintable() else None
    if found is None:
        raise not_found("doctor")
    return found


def _date(request: web.Request) -> date:
    """The day asked for. One that has passed has no slots; one that nobody can book yet is named."""
    try:
        day = _DATE.validate_python(request.query.get("date"))
    except ValidationError:
        raise invalid(Fault("?date", "must be a date such as 2027-01-05")) from None
    if day.year > rules.LATEST_YEAR:
        raise invalid(Fault("?date", f"is after {rules.LATEST_YEAR}"))
    return day
