"""When a doctor can be booked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.doctors.model import WEEKDAYS, Doctor
from api_service.doctors.slot_rules import NotBookable, SkippedByClockChange, instant, misfit, slot, slots
from shared.people import zones

BERLIN = zones.zone("Europe/Berlin")
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


def clocks(doctor: Doctor, day: date) -> list[str]:
    return [f"{each.local_time:%H:%M}" for each in slots(doctor, day, NOW)]


def test_slots_that_do_not_divide_the_hours_leave_the_rest_free() -> None:
    doctor = a_doctor(hours={"mon": [("09:00", "12:00"), ("12:00", "13:00")]}, slot_minutes=50)
    assert clocks(doctor, date(2027, 1, 11)) == ["09:00", "09:50", "10:40", "12:00"]
    with pytest.raises(NotBookable, match="outside"):
        slot(doctor, date(2027, 1, 11), time(11, 30), NOW)


def test_no_slot_runs_across_midnight() -> None:
    doctor = a_doctor(hours={"mon": [("22:00", "24:00")], "tue": [("00:00", "02:00")]}, slot_minutes=45)
    assert clocks(doctor, date(2027, 1, 11)) == ["22:00", "22:45"]
    assert clocks(doctor, date(2027, 1, 12)) == ["00:00", "00:45"]
    assert clocks(a_doctor(slot_minutes=50), date(2027, 1, 11))[-1] == "22:30"


def test_a_day_off_is_off_for_a_doctor_without_hours_too() -> None:
    doctor = a_doctor(days_off=(date(2027, 1, 11),))
    assert clocks(doctor, date(2027, 1, 11)) == []
    with pytest.raises(NotBookable, match="day off"):
        slot(doctor, date(2027, 1, 11), time(12), NOW)


def test_a_slot_that_a_clock_change_carries_past_closing_is_not_offered() -> None:
    doctor = a_doctor(hours={"sun": [("01:00", "03:00")]}, slot_minutes=45)
    assert clocks(doctor, date(2027, 3, 21)) == ["01:00", "01:45"]
    # 01:45 and three quarters of an hour is 03:30 in that night
    assert clocks(doctor, date(2027, 3, 28)) == ["01:00"]
    with pytest.raises(NotBookable, match="outside"):
        slot(doctor, date(2027, 3, 28), time(1, 45), NOW)


def test_where_the_clocks_skip_midnight_the_last_slot_stays() -> None:
    doctor = a_doctor(timezone="Africa/Cairo", hours={"thu": [("23:00", "24:00")], "fri": [("00:00", "02:00")]})
    assert clocks(doctor, date(2027, 4, 29)) == ["23:00", "23:30"]
    assert clocks(doctor, date(2027, 4, 30)) == ["01:00", "01:30"]


@pytest.mark.parametrize("day", [date.min, date(1, 1, 2), date(1883, 11, 18), date.max, date(2201, 1, 1)])
def test_a_day_out_of_range_is_named_and_has_no_slots(day: date) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with pytest.raises(NotBookable) as error:
            slot(a_doctor(timezone=zone), day, time(0), NOW)
        assert error.value.field == "appointmentDate"
        assert clocks(a_doctor(timezone=zone), day) == []


_MINUTES = st.integers(0, 24 * 12).map(lambda five: f"{five // 12:02}:{five % 12 * 5:02}")
_PERIODS = st.lists(_MINUTES, min_size=2, max_size=6, unique=True).map(
    lambda bounds: list(zip(sorted(bounds)[::2], sorted(bounds)[1::2], strict=False))
)


@given(
    st.dates(date(2027, 1, 1), date(2027, 12, 31)),
    _PERIODS,
    st.integers(5, 480),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
)
def test_what_is_offered_can_be_booked_within_the_hours_and_nothing_else(
    day: date, periods: list[tuple[str, str]], length: int, zone: str
) -> None:
    doctor = a_doctor(hours=dict.fromkeys(WEEKDAYS, periods), slot_minutes=length, timezone=zone)
    offered = {each.local_time: each for each in slots(doctor, day, NOW)}
    for minutes in range(0, 24 * 60, 5):
        clock = time(minutes // 60, minutes % 60)
        try:
            booked = slot(doctor, day, clock, NOW)
        except NotBookable:
            assert clock not in offered
        else:
            assert offered[clock] == booked
    for each in offered.values():
        assert each.ends_at - each.starts_at == timedelta(minutes=length)
        last = (each.ends_at - timedelta(seconds=1)).astimezone(zones.zone(zone))
        assert last.date() == day
        assert any(opening <= f"{each.local_time:%H:%M}" and f"{last:%H:%M}" < closing for opening, closing in periods)


@given(
    st.dates(date(2026, 1, 1), date(2040, 1, 1)),
    st.times().map(lambda clock: clock.replace(microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_an_instant_shows_the_booked_local_time_or_was_skipped(day: date, clock: time, zone: str) -> None:
    try:
        local = instant(day, clock, zones.zone(zone)).astimezone(zones.zone(zone))
    except SkippedByClockChange:
        return
    assert (local.date(), local.time()) == (day, clock)


@given(
    day=st.dates(date(2027, 1, 5), date(2028, 12, 31)),
    opening=st.integers(0, 23 * 60),
    length=st.integers(1, 24 * 60),
    minutes=st.integers(5, 240),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_whatever_can_be_booked_fits(day: date, opening: int, length: int, minutes: int, zone: str) -> None:
    closing = min(opening + length, 24 * 60)
    pair = tuple(f"{each // 60:02}:{each % 60:02}" for each in (opening, closing))
    doctor = a_doctor(hours=dict.fromkeys(WEEKDAYS, (pair,)), slot_minutes=minutes, timezone=zone)
    for found in slots(doctor, day, NOW):
        assert misfit(doctor, found.starts_at, found.ends_at) is None
        off = a_doctor(hours=doctor.hours, slot_minutes=minutes, timezone=zone, days_off=(day,))
        assert misfit(off, found.starts_at, found.ends_at) == "dayOff"


@pytest.mark.parametrize(
    ("starts", "minutes", "why"),
    [
        (datetime(2027, 1, 11, 8, 0, tzinfo=UTC), 30, None),  # Monday, 9:00
        (datetime(2027, 1, 11, 8, 10, tzinfo=UTC), 30, None),  # off the grid
        (datetime(2027, 1, 11, 7, 59, tzinfo=UTC), 30, "outsideHours"),
        (datetime(2027, 1, 11, 10, 31, tzinfo=UTC), 30, "outsideHours"),  # into the break
        (datetime(2027, 1, 12, 22, 0, tzinfo=UTC), 60, None),  # Tuesday, until midnight
        (datetime(2027, 1, 13, 8, 0, tzinfo=UTC), 30, "outsideHours"),  # Wednesday
        (datetime(2027, 1, 18, 8, 0, tzinfo=UTC), 30, "dayOff"),
        (datetime(2027, 1, 17, 23, 30, tzinfo=UTC), 30, "dayOff"),  # by the clinic's clock
    ],
)
def test_a_booked_time_that_no_longer_fits_says_why(starts: datetime, minutes: int, why: str | None) -> None:
    doctor = a_doctor(hours=WORKDAY, days_off=(date(2027, 1, 18),))
    assert misfit(doctor, starts, starts + timedelta(minutes=minutes)) == why
