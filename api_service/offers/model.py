"""An offer of other times, and the choice of the times. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal
from uuid import UUID

from api_service.doctors.slot_rules import Slot
from shared.jobs.model import State

TIMES: Final = 3
"""Times of one offer, where as many are free."""


Answer = Literal["taken", "moved", "cancelled", "withdrawn"]
"""The client has taken a time of the offer; or somebody has moved the appointment to another one, or cancelled it; or
it fits its doctor again, and takes place as booked."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of other times. `starts_at`: of the appointment when it was made. `is_held`: its times are still held,
    by the database's clock; `times`: those that nobody else has taken, in order; none after an answer."""

    id: UUID
    appointment_id: UUID
    starts_at: datetime
    held_until: datetime
    is_held: bool
    times: tuple[Slot, ...] = ()
    answer: Answer | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferMail:
    """How the mail of an offer stands; `at`: when its server took it."""

    state: State
    at: datetime | None


def chosen(free: Sequence[Slot], clock: time, most: int = TIMES) -> list[Slot]:
    """At most `most` of the free times, in order: on each of the next days the one that is nearest to the time of day
    that the client had; if there are fewer days than that, the earliest others."""
    by_day: dict[date, list[Slot]] = {}
    for slot in sorted(free, key=lambda each: each.starts_at):
        by_day.setdefault(slot.local_date, []).append(slot)
    nearest = [min(slots, key=lambda each: _apart(each.local_time, clock)) for slots in by_day.values()][:most]
    others = [slot for slots in by_day.values() for slot in slots if slot not in nearest]
    return sorted([*nearest, *others[: most - len(nearest)]], key=lambda each: each.starts_at)


def _apart(one: time, other: time) -> int:
    """Seconds between two times of a day."""
    return abs(_seconds(one) - _seconds(other))


def _seconds(clock: time) -> int:
    return (clock.hour * 60 + clock.minute) * 60 + clock.second
