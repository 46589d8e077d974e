"""An agenda is due when the clinic's clock shows its time, also on days when the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.agendas.due import days, due
from shared.people.zones import zone

MINUTES = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Caracas",
)


@pytest.mark.parametrize(
    ("name", "day", "clock", "expected"),
    [
        ("Europe/Berlin", date(2027, 1, 5), time(7), "2027-01-05T06:00:00+00:00"),
        ("Europe/Berlin", date(2027, 7, 5), time(7), "2027-07-05T05:00:00+00:00"),
        ("Europe/Berlin", date(2027, 3, 28), time(2, 30), "2027-03-28T01:00:00+00:00"),  # skipped
        ("Europe/Berlin", date(2027, 3, 28), time(3), "2027-03-28T01:00:00+00:00"),
        ("Europe/Berlin", date(2027, 10, 31), time(2, 30), "2027-10-31T00:30:00+00:00"),  # twice: the first
        ("America/New_York", date(2027, 3, 14), time(2, 30), "2027-03-14T07:00:00+00:00"),
        ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 15), "2027-10-02T15:30:00+00:00"),  # half an hour
    ],
)
def test_days_around_a_clock_change(name: str, day: date, clock: time, expected: str) -> None:
    assert due(day, clock, zone(name)).isoformat() == expected


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2030, 1, 1)), MINUTES)
def test_the_clock_shows_the_time_or_has_just_skipped_it(name: str, day: date, clock: time) -> None:
    where = zone(name)
    moment = due(day, clock, where)
    shown = moment.astimezone(where).replace(tzinfo=None)
    wanted = datetime.combine(day, clock)
    assert shown >= wanted
    before = (moment - timedelta(seconds=1)).astimezone(where).replace(tzinfo=None)
    assert before < wanted


def test_only_today_and_a_tomorrow_that_is_near_are_looked_at() -> None:
    berlin, hour = zone("Europe/Berlin"), timedelta(hours=1)
    assert days(datetime(2027, 1, 5, 12, tzinfo=UTC), berlin, hour) == [date(2027, 1, 5)]
    assert days(datetime(2027, 1, 5, 22, 30, tzinfo=UTC), berlin, hour) == [date(2027, 1, 5), date(2027, 1, 6)]
