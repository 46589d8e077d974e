"""Doctors: clients see them and their free slots; operators write them."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.doctors import affected, availability, store
from api_service.doctors.change_listener import CHANGE_LISTENER
from api_service.doctors.model import Doctor, DoctorJson, SlotJson, WrittenDoctorJson
from api_service.doctors.schemas import DoctorChangeRequest, DoctorRequest, SlotsQuery
from api_service.identity.bearer import OPS, Identity, require
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.pagination import Listing, NamePageQuery, listing
from api_service.web.payloads import JsonResponse, body_of, json_response, query_of, text_in_path
from api_service.web.problems import not_found
from api_service.web.value_types import clock_time

routes: Final = web.RouteTableDef()


@routes.get("/api/doctors")
@require()
@operation("List doctors", query=NamePageQuery)
async def list_doctors(request: web.Request, identity: Identity) -> JsonResponse[Listing[DoctorJson]]:
    """By name."""
    page = query_of(request, NamePageQuery).page
    found = await store.listed(request.app[DATABASE], page)
    return json_response(listing(found, page, lambda doctor: (doctor.name, doctor.id), Doctor.to_json))


@routes.get("/api/doctors/{id}")
@require()
@operation("Look at a doctor", not_found("doctor"))
async def one_doctor(request: web.Request, identity: Identity) -> JsonResponse[DoctorJson]:
    return json_response((await _doctor(request)).to_json())


@routes.get("/api/doctors/{id}/slots")
@require()
@operation("List a doctor's free times of a day", not_found("doctor"), query=SlotsQuery)
async def free_slots(request: web.Request, identity: Identity) -> JsonResponse[Listing[SlotJson]]:
    doctor = await _doctor(request)
    day = query_of(request, SlotsQuery).date
    free = await availability.free_slots(request.app[DATABASE], doctor, [day], datetime.now(UTC))
    items: list[SlotJson] = [
        {
            "appointmentDate": slot.local_date,
            "appointmentTime": clock_time(slot.local_time),
            "startsAt": slot.starts_at,
        }
        for slot in free
    ]
    return json_response({"items": items, "nextCursor": None})


@routes.put("/api/ops/doctors/{id}")
@require(OPS)
@operation("Write a doctor", not_found("doctor"), takes=DoctorRequest)
async def put_doctor(request: web.Request, identity: Identity) -> JsonResponse[WrittenDoctorJson]:
    """Creates or replaces. A field that is left out is cleared, and the answer says so. Booked appointments stay as
    they are; `affected` counts those that no longer fit, and `GET /api/staff/affected` lists them.
    Offers of other times end where the appointment fits again, and its reminders are planned again. Other
    `reminderOffsets` count for appointments that are booked or moved from then on."""
    doctor_id = text_in_path(request, "doctor", store.LONGEST_ID)
    wanted, listener = await body_of(request, DoctorRequest), request.app[CHANGE_LISTENER]
    doctor, cleared = await store.put(request.app[DATABASE], doctor_id, wanted, listener)
    return await _written(request, doctor, cleared)


@routes.patch("/api/ops/doctors/{id}")
@require(OPS)
@operation("Change a doctor", not_found("doctor"), takes=DoctorChangeRequest)
async def change_doctor(request: web.Request, identity: Identity) -> JsonResponse[WrittenDoctorJson]:
    """Changes the fields that it names, and no other. `affected` and `reminderOffsets` as with PUT."""
    doctor_id = text_in_path(request, "doctor", store.LONGEST_ID)
    wanted, listener = await body_of(request, DoctorChangeRequest), request.app[CHANGE_LISTENER]
    doctor = await store.change(request.app[DATABASE], doctor_id, wanted, listener)
    if doctor is None:
        raise not_found("doctor")
    return await _written(request, doctor, [])


async def _written(request: web.Request, doctor: Doctor, cleared: list[str]) -> JsonResponse[WrittenDoctorJson]:
    stranded = await affected.affected(request.app[DATABASE], doctor, datetime.now(UTC))
    offsets = None if doctor.reminder_offsets is None else [_plain(each) for each in doctor.reminder_offsets]
    return json_response(
        {**doctor.to_json(), "reminderOffsets": offsets, "cleared": cleared, "affected": len(stranded)}
    )


def _plain(seconds: float) -> float:
    """Without a fraction where it has none."""
    return int(seconds) if seconds.is_integer() else seconds


async def _doctor(request: web.Request) -> Doctor:
    found = await store.get(request.app[DATABASE], text_in_path(request, "doctor", store.LONGEST_ID))
    if found is None:
        raise not_found("doctor")
    return found
