"""What mails and pages say of an appointment's start and end on the days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.people import zones
from shared.wording import builtin
from shared.wording.interval import Interval, written

HALF_AN_HOUR = timedelta(minutes=30)


def said(zone: str, day: str, clock: str, lasts: timedelta = HALF_AN_HOUR) -> str:
    """The first of two moments that have that time, as bookings take it."""
    local_date, local_time = date.fromisoformat(day), time.fromisoformat(clock)
    start = datetime.combine(local_date, local_time, zones.zone(zone)).astimezone(UTC)
    return str(written(Interval(start, start + lasts, local_date, local_time, zone), builtin().of("en-GB")))


def test_an_end_stands_beside_its_start() -> None:
    assert "15:00–15:30 (" in said("Europe/Berlin", "2027-01-05", "15:00")
    assert "23:30–00:00 (" in said("Europe/Berlin", "2027-01-05", "23:30")


def test_an_end_on_another_day_is_left_out() -> None:
    assert "23:45 (" in said("Europe/Berlin", "2027-01-05", "23:45")


@pytest.mark.parametrize(
    ("zone", "day", "clock", "lasts"),
    [
        ("Europe/Berlin", "2027-10-31", "02:30", HALF_AN_HOUR),  # the clocks show 02:00 at its end
        ("America/St_Johns", "2027-11-07", "01:30", HALF_AN_HOUR),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", timedelta(minutes=45)),  # 02:00, after three quarters of an hour
        (
            "Europe/Berlin",
            "2027-03-28",
            "01:30",
            HALF_AN_HOUR,
        ),  # 03:00, and of another offset than the one that is told
    ],
)
def test_an_end_after_the_clocks_have_changed_is_left_out(zone: str, day: str, clock: str, lasts: timedelta) -> None:
    assert f"{clock} (" in said(zone, day, clock, lasts)


def test_an_end_before_the_clocks_change_stays() -> None:
    assert "01:45–02:15 (" in said("Europe/Berlin", "2027-10-31", "01:45")
