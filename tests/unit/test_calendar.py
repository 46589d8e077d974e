"""The iCalendar file, read by another library than the one that writes it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import ics
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_service.appointments.calendar import calendar
from api_service.appointments.model import Appointment
from api_service.appointments.rules import slot
from tests.unit.test_rules import a_doctor

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def an_appointment(day: date = date(2027, 1, 5), clock: time = time(15)) -> Appointment:
    booked = slot(a_doctor(), day, clock, NOW)
    return Appointment(
        id=UUID(int=8),
        doctor_id="1",
        client_id="client-1",
        local_date=day,
        local_time=clock,
        timezone="Europe/Berlin",
        starts_at=booked.starts_at,
        ends_at=booked.ends_at,
        status="booked",
        reason="Something private",
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


def file_of(appointment: Appointment, locale: str = "en", **doctor: object) -> str:
    return calendar(appointment, a_doctor(**({"name": "Dr. Ada"} | doctor)), locale, NOW).decode()


def parsed(text: str) -> ics.Event:
    [event] = ics.Calendar(text).events
    assert isinstance(event, ics.Event)
    return event


def test_it_says_who_when_and_where_and_not_why() -> None:
    text = file_of(an_appointment(), location="Lindenstraße 12, 10969 Berlin; Hof")
    event = parsed(text)
    assert (event.uid, event.name) == (str(UUID(int=8)), "Appointment with Dr. Ada")
    assert (event.begin.datetime, event.end.datetime) == (
        datetime(2027, 1, 5, 14, tzinfo=UTC),
        datetime(2027, 1, 5, 14, 30, tzinfo=UTC),
    )
    assert event.location == "Lindenstraße 12, 10969 Berlin; Hof"
    assert event.description == "Tuesday, 5 January 2027, 15:00 (Central European Standard Time, Europe/Berlin)"
    assert (event.status, event.classification) == ("CONFIRMED", "PRIVATE")
    assert "private" not in text


def test_a_change_is_the_same_event_with_a_higher_sequence() -> None:
    first = an_appointment()
    moved = replace(an_appointment(date(2027, 2, 1)), version=2)
    assert parsed(file_of(moved)).uid == parsed(file_of(first)).uid
    assert ("SEQUENCE:0" in file_of(first), "SEQUENCE:1" in file_of(moved)) == (True, True)


def test_a_cancellation_takes_the_event_back() -> None:
    text = file_of(replace(an_appointment(), status="cancelled", version=2))
    assert ics.Calendar(text).method == "CANCEL"
    assert parsed(text).status == "CANCELLED"
    assert ics.Calendar(file_of(an_appointment())).method == "PUBLISH"


@pytest.mark.parametrize(
    ("day", "clock", "starts_at"),
    [
        (date(2027, 3, 28), time(1, 45), datetime(2027, 3, 28, 0, 45, tzinfo=UTC)),  # the clocks go forward in it
        (date(2027, 3, 28), time(3), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # the earlier of two
        (date(2027, 10, 31), time(3), datetime(2027, 10, 31, 2, tzinfo=UTC)),
    ],
)
def test_clock_changes_do_not_move_it(day: date, clock: time, starts_at: datetime) -> None:
    event = parsed(file_of(an_appointment(day, clock)))
    assert event.begin.datetime == starts_at
    assert event.end.datetime - event.begin.datetime == timedelta(minutes=30)
    assert event.begin.datetime.astimezone(ZoneInfo("Europe/Berlin")).time() == clock


def test_german_clients_read_german() -> None:
    event = parsed(file_of(an_appointment(), "de-AT"))
    assert event.name == "Termin bei Dr. Ada"
    assert "Dienstag" in event.description


# without the backslash: icalendar writes "\\N" as a line break, ics reads "\\\\n" as one
@settings(max_examples=30)
@given(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\\")).map(str.strip).filter(bool)
)
def test_any_name_and_place_arrive_as_they_are_in_short_crlf_lines(text: str) -> None:
    written = file_of(an_appointment(), name=text, location=text)
    assert all(len(line.encode()) <= 75 and "\n" not in line for line in written.split("\r\n"))
    event = parsed(written)
    assert event.location == text
    assert event.name == f"Appointment with {text}"
