"""Finds a doctor's free times on a range of days."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import accumulate
from uuid import UUID

from api_service.doctors import slot_rules, store
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Slot
from shared.database import Executor


async def free_slots(
    executor: Executor, doctor: Doctor, days: Iterable[date], now: datetime, *, moving: UUID | None = None
) -> list[Slot]:
    """Times that can be booked, in order; `days` in order, too. `moving`: an appointment whose own time counts as free,
    since it would be given up, and the times that are held for its client. Raises UnknownZone."""
    offered = [slot for day in days for slot in slot_rules.slots(doctor, day, now)]
    if not offered:
        return []
    end = offered[-1].ends_at + timedelta(days=1)
    taken = sorted(await store.taken(executor, doctor.id, offered[0].starts_at, end, but=moving))
    begins = [begin for begin, _ in taken]
    last_ends = list(accumulate((end for _, end in taken), max))

    def is_free(slot: Slot) -> bool:
        """Whether all times that begin before the slot's end have ended by its start."""
        before = bisect_left(begins, slot.ends_at)
        return before == 0 or last_ends[before - 1] <= slot.starts_at

    return [slot for slot in offered if is_free(slot)]
