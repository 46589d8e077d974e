"""The times at which a doctor can be booked: opening hours, slots, and local times around a clock change. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from api_service.doctors.model import WEEKDAYS, Doctor
from shared.errors import PunctualError

LATEST_YEAR = 2200
Misfit = Literal["dayOff", "outsideHours"]
"""Why a booked time no longer fits its doctor."""
_WIDEST_ZONES = timedelta(days=1)  # has ended in every zone; also keeps instants inside the calendar


class NotBookable(PunctualError):
    """This doctor cannot be booked at that time; `field` is the request's field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class SkippedByClockChange(NotBookable):
    """A local time that does not exist, since the clocks were put forward over it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A bookable time: the clinic's local date and time, and the instants in UTC."""

    local_date: date
    local_time: time
    starts_at: datetime
    ends_at: datetime


def slot(doctor: Doctor, day: date, clock: time, now: datetime) -> Slot:
    """The slot of a request.

    Raises NotBookable: past, closed, off the slot grid, or skipped by a clock change. Hours and grid apply to a doctor
    with hours. Without hours, every second can be booked, except on days off. A slot belongs to the day on which it
    begins.
    """
    if day.year > LATEST_YEAR:
        raise NotBookable("appointmentDate", f"is after {LATEST_YEAR}")
    if day < now.date() - _WIDEST_ZONES:
        raise NotBookable("appointmentDate", "is in the past")
    starts_at = instant(day, clock, doctor.zone)
    if starts_at <= now:
        past_day = day < now.astimezone(doctor.zone).date()
        raise NotBookable("appointmentDate" if past_day else "appointmentTime", "is in the past")
    found = Slot(day, clock, starts_at, starts_at + timedelta(minutes=doctor.slot_minutes))
    if day in doctor.days_off:
        raise NotBookable("appointmentDate", "is a day off")
    if doctor.hours is not None:
        _within_hours(doctor, found)
    return found


def slots(doctor: Doctor, day: date, now: datetime) -> Iterator[Slot]:
    """Every future slot of a day in order, taken ones too."""
    if day in doctor.days_off:
        return
    for opening, closing in _opening_times(doctor, day):
        for minutes in range(opening, closing - doctor.slot_minutes + 1, doctor.slot_minutes):
            try:
                yield slot(doctor, day, time(minutes // 60, minutes % 60), now)
            except NotBookable:
                continue  # past, skipped by a clock change, or moved past closing by one


def misfit(doctor: Doctor, starts_at: datetime, ends_at: datetime) -> Misfit | None:
    """Why a booked time no longer fits the doctor's days off and hours, by the clinic's present zone; None: it fits.

    The grid does not count: who was booked for 9:10 is still seen when slots begin at 9:00 and 9:30. Raises
    UnknownZone.
    """
    start = starts_at.astimezone(doctor.zone)
    if start.date() in doctor.days_off:
        return "dayOff"
    if doctor.hours is None:
        return None
    for opening, closing in _opening_times(doctor, start.date()):
        begins = opening <= start.hour * 60 + start.minute
        if begins and ends_at <= _closing(start.date(), closing, doctor.zone):
            return None
    return "outsideHours"


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """A clinic's local time in UTC. If it occurs twice, the earlier one counts (fold 0, PEP 495).

    Raises SkippedByClockChange, NotBookable.
    """
    local = datetime.combine(day, clock, zone)
    try:
        moment = local.astimezone(UTC)
    except OverflowError:
        raise NotBookable("appointmentDate", "is before every calendar") from None
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise SkippedByClockChange("appointmentTime", "does not exist on that day: the clocks go forward over it")
    return moment


def _within_hours(doctor: Doctor, wish: Slot) -> None:
    minutes = wish.local_time.hour * 60 + wish.local_time.minute
    for opening, closing in _opening_times(doctor, wish.local_date):
        if opening <= minutes and minutes + doctor.slot_minutes <= closing:
            if (minutes - opening) % doctor.slot_minutes or wish.local_time.second:
                raise NotBookable("appointmentTime", "is not one of the doctor's slots")
            # it fits by the clock, although the clocks may be put forward during it
            if wish.ends_at <= _closing(wish.local_date, closing, doctor.zone):
                return
    raise NotBookable("appointmentTime", "is outside the doctor's hours")


def _closing(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The instant of a minute of the day. For a minute that a clock change skips, the instant of the change."""
    wall = datetime.combine(day, time())
    for skipped in range(minutes + 1):
        local = wall + timedelta(minutes=minutes - skipped)
        try:
            return instant(local.date(), local.time(), zone) + timedelta(minutes=skipped)
        except SkippedByClockChange:
            continue
    raise SkippedByClockChange("appointmentDate", "does not exist there")


def _opening_times(doctor: Doctor, day: date) -> Iterator[tuple[int, int]]:
    """Opening and closing times in minutes of the day."""
    hours = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),)) if doctor.hours is None else doctor.hours
    for opening, closing in hours.get(WEEKDAYS[day.weekday()], ()):
        yield minutes_of(opening), minutes_of(closing)


def minutes_of(clock: str) -> int:
    """Minutes since midnight for HH:MM; 24:00 is 1440."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
