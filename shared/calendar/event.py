"""The facts of an appointment that its calendar entry tells. Pure."""

from typing import NamedTuple
from uuid import UUID

from shared.wording.interval import Interval


class CalendarEvent(NamedTuple):
    """`version`: of the appointment's row, from 1 on: it rises with each change. `manage_link`: the page that changes
    the appointment, or "". `is_tentative`: the client was told that it cannot take place as booked. The reason is not
    here: calendars are shared, and shown on lock screens."""

    id: UUID
    version: int
    interval: Interval
    is_cancelled: bool
    doctor_id: str
    doctor_name: str
    doctor_location: str = ""
    manage_link: str = ""
    is_tentative: bool = False


class Person(NamedTuple):
    """Somebody with an e-mail address as it is on the wire; the name may be ""."""

    address: str
    name: str = ""
