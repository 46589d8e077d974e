"""Acts on many affected appointments: one transaction each, paced, and each only if it is still so."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from api_service.appointments import store as appointments
from api_service.appointments.model import Appointment
from api_service.doctors import slot_rules
from api_service.doctors import store as doctors
from api_service.doctors.affected import Affected
from api_service.doctors.model import Doctor
from shared.database import Session
from shared.errors import Contention

MOST: Final = 500
"""Appointments of one request."""
_TRIES: Final = 5
CHANGED: Final = "changed"
"""The outcome for an appointment that is not affected any more, was cancelled, or has begun."""


@dataclass(slots=True)
class ActReport:
    """Of `matched` appointments, how many had each outcome; `left` were beyond the bound of one request."""

    matched: int
    left: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, found: Sequence[Affected]) -> Self:
        """Before anything is done."""
        return cls(len(found), max(len(found) - MOST, 0))

    def set_aside(self, outcomes: Iterable[str]) -> None:
        """Adds those who need no act."""
        added = Counter(outcomes)
        self.outcomes += added
        self.matched += added.total()

    def excluded(self, done: str) -> dict[str, int]:
        """Every outcome but `done`."""
        return {outcome: count for outcome, count in sorted(self.outcomes.items()) if outcome != done and count}


async def on_each(found: Sequence[Affected], act: Callable[[UUID], Awaitable[str]], *, per_second: float) -> ActReport:
    """`act` names the outcome of one appointment. What was done before an outage stays done; asked again, the caller
    does the rest. Raises DatabaseUnavailable, Contention."""
    report = ActReport.of(found)
    for place, each in enumerate(found[:MOST]):
        if place:
            await asyncio.sleep(1 / per_second)
        report.outcomes[await _insist(act, each.id)] += 1
    return report


async def held(session: Session, appointment_id: UUID) -> tuple[Appointment, Doctor] | None:
    """An appointment, locked, and its doctor, whom nobody changes before the transaction ends; None if it is not
    affected any more, was cancelled, or has begun. Raises UnknownZone."""
    found = await appointments.lock_any(session, appointment_id)
    if found is None:
        return None
    appointment, begun = found
    doctor = await doctors.get_to_rely_on(session, appointment.doctor_id)
    if doctor is None or begun or appointment.status != "booked":
        return None
    if slot_rules.misfit(doctor, appointment.starts_at, appointment.ends_at) is None:
        return None
    return appointment, doctor


async def _insist(act: Callable[[UUID], Awaitable[str]], appointment_id: UUID) -> str:
    """Raises Contention when the server has given it up _TRIES times."""
    for _ in range(_TRIES - 1):
        try:
            return await act(appointment_id)
        except Contention:
            continue
    return await act(appointment_id)
