"""Finds the times that the client of an affected appointment is offered."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from api_service.doctors import slot_rules
from api_service.doctors.availability import free_slots
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Slot
from api_service.offers import store as offers
from api_service.offers.model import TIMES, chosen
from shared.database import Executor

_PAGES: Final = 8
"""Pages of a fortnight in which free times are looked for."""
_PAGE: Final = 14


async def other_times(
    executor: Executor, doctor: Doctor, appointment_id: UUID, clock: time, held_until: datetime, now: datetime
) -> list[Slot]:
    """Free times that begin when the hold has ended, so that the client has all of it to answer; times of other offers
    where too few are free: there the first client gets them. `clock`: the time of day that the client had."""
    free: list[Slot] = []
    for days in _fortnights(held_until.astimezone(doctor.zone).date()):
        found = await free_slots(executor, doctor, days, now, moving=appointment_id)
        free += (slot for slot in found if slot.starts_at >= held_until)
        if len({slot.local_date for slot in free}) >= TIMES:
            break
    times = chosen(free, clock)
    if len(times) < TIMES:
        others = await offers.shared_times(executor, doctor.id, held_until)
        fitting = (slot for slot in others if slot_rules.misfit(doctor, slot.starts_at, slot.ends_at) is None)
        times += [slot for slot in fitting if slot not in times][: TIMES - len(times)]
    return sorted(times, key=lambda each: each.starts_at)


def _fortnights(first: date) -> Iterator[list[date]]:
    for page in range(_PAGES):
        yield [first + timedelta(days=page * _PAGE + day) for day in range(_PAGE)]
