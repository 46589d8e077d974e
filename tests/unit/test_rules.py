"""When a doctor can be booked."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.appointments.rules import NotBookable, SkippedByClockChange, instant, slot, slots
from api_service.doctors.model import Doctor

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
WORKDAY = {"mon": [("09:00", "12:00"), ("13:00", "17:00")], "tue": [("22:00", "24:00")]}


def a_doctor(**changes: object) -> Doctor:
    fields = {
        "id": "1",
        "name": "A",
        "specialty": "",
        "timezone": "Europe/Berlin",
        "location": "",
        "slot_minutes": 30,
        "hours": None,
        "days_off": (),
        "version": 1,
    }
    return Doctor(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "clock", "field"),
    [
        (date(2027, 1, 11), time(8, 30), "appointmentTime"),  # before opening
        (date(2027, 1, 11), time(11, 45), "appointmentTime"),  # would end after closing
        (date(2027, 1, 11), time(9, 10), "appointmentTime"),  # off the grid
        (date(2027, 1, 11), time(9, 0, 30), "appointmentTime"),
        (date(2027, 1, 13), time(9, 0), "appointmentTime"),  # closed on Wednesdays
        (date(2027, 1, 18), time(9, 0), "appointmentDate"),  # a day off
        (date(2027, 1, 4), time(12, 59), "appointmentTime"),  # a minute ago
        (date(2027, 1, 3), time(12, 0), "appointmentDate"),  # yesterday
        (date(9999, 12, 31), time(23, 59), "appointmentDate"),
    ],
)
def test_what_cannot_be_booked_names_its_field(day: date, clock: time, field: str) -> None:
    with pytest.raises(NotBookable) as error:
        slot(a_doctor(hours=WORKDAY, days_off=(date(2027, 1, 18),)), day, clock, NOW)
    assert error.value.field == field


def test_without_hours_any_future_second_can_be_booked() -> None:
    found = slot(a_doctor(), date(2027, 1, 4), time(13, 0, 1), NOW)
    assert (found.starts_at, found.ends_at) == (NOW + timedelta(seconds=1), NOW + timedelta(minutes=30, seconds=1))


def test_slots_of_a_day_follow_its_opening_times() -> None:
    clocks = [each.local_time for each in slots(a_doctor(hours=WORKDAY), date(2027, 1, 11), NOW)]
    assert clocks[:2] == [time(9, 0), time(9, 30)]
    assert clocks[-1] == time(16, 30)
    assert time(12, 0) not in clocks
    last = list(slots(a_doctor(hours=WORKDAY), date(2027, 1, 12), NOW))[-1]
    assert (last.local_time, last.ends_at) == (time(23, 30), datetime(2027, 1, 12, 23, tzinfo=UTC))


def test_the_hour_that_the_clocks_skip_cannot_be_booked_and_is_not_offered() -> None:
    with pytest.raises(SkippedByClockChange):
        instant(date(2027, 3, 28), time(2, 30), BERLIN)
    offered = [each.local_time for each in slots(a_doctor(), date(2027, 3, 28), NOW)]
    assert time(2, 30) not in offered
    assert time(3, 0) in offered


def test_of_the_hour_that_occurs_twice_the_earlier_counts() -> None:
    assert instant(date(2027, 10, 31), time(2, 30), BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@given(
    st.dates(date(2026, 1, 1), date(2040, 1, 1)),
    st.times().map(lambda clock: clock.replace(microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_an_instant_shows_the_booked_local_time_or_was_skipped(day: date, clock: time, zone: str) -> None:
    try:
        local = instant(day, clock, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    except SkippedByClockChange:
        return
    assert (local.date(), local.time()) == (day, clock)
