"""Finds booked appointments that their doctor's days off and hours no longer allow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api_service.doctors import slot_rules, store
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Misfit
from shared.database import Executor

_WINDOW: Final = 2_000
"""Appointments that are read at once."""


@dataclass(frozen=True, slots=True)
class Affected:
    """A booked appointment, and why it no longer fits."""

    id: UUID
    starts_at: datetime
    why: Misfit


async def affected(
    executor: Executor,
    doctor: Doctor,
    since: datetime,
    *,
    until: datetime | None = None,
    after: tuple[datetime, UUID] | None = None,
    most: int | None = None,
) -> list[Affected]:
    """Those that start in [since, until), in the order of their starts: at most `most` after a position. Raises
    UnknownZone."""
    found: list[Affected] = []
    while True:
        booked = await store.booked_from(executor, doctor.id, since, until, after, limit=_WINDOW)
        for each in booked:
            why = slot_rules.misfit(doctor, each.starts_at, each.ends_at)
            if why is not None and each.starts_at >= since:
                found.append(Affected(each.id, each.starts_at, why))
                if len(found) == most:
                    return found
        if len(booked) < _WINDOW:
            return found
        after = (booked[-1].starts_at, booked[-1].id)
