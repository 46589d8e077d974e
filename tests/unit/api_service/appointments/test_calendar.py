"""The iCalendar file, read by another library than the one that writes it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api_service.appointments.calendar import calendar
from api_service.appointments.model import Appointment
from api_service.doctors.slot_rules import slot
from shared.people import zones
from shared.wording import builtin
from shared.wording.bidi import FSI, PDI
from tests.unit.api_service.doctors.test_slot_rules import a_doctor

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
    return calendar(appointment, a_doctor(**({"name": "Dr. Ada"} | doctor)), builtin().of(locale), NOW).decode()


def parsed(text: str) -> Any:
    """The file's only event."""
    [event] = vobject.readOne(text).vevent_list
    return event


def test_it_says_who_when_and_where_and_not_why() -> None:
    text = file_of(an_appointment(), location="Lindenstraße 12, 10969 Berlin; Hof")
    event = parsed(text)
    assert (event.uid.value, event.summary.value) == (str(UUID(int=8)), "Appointment with Dr. Ada")
    assert (event.dtstart.value, event.dtend.value) == (
        datetime(2027, 1, 5, 14, tzinfo=UTC),
        datetime(2027, 1, 5, 14, 30, tzinfo=UTC),
    )
    assert event.location.value == "Lindenstraße 12, 10969 Berlin; Hof"
    assert event.description.value == "Tuesday, 5 January 2027, 15:00 (Central European Standard Time, UTC+01:00)"
    assert (event.status.value, event.contents["class"][0].value) == ("CONFIRMED", "PRIVATE")
    assert "private" not in text


def test_a_change_is_the_same_event_with_a_higher_sequence() -> None:
    first = an_appointment()
    moved = replace(an_appointment(date(2027, 2, 1)), version=2)
    assert parsed(file_of(moved)).uid.value == parsed(file_of(first)).uid.value
    assert ("SEQUENCE:0" in file_of(first), "SEQUENCE:1" in file_of(moved)) == (True, True)


def test_a_cancellation_takes_the_event_back() -> None:
    text = file_of(replace(an_appointment(), status="cancelled", version=2))
    assert vobject.readOne(text).method.value == "CANCEL"
    assert parsed(text).status.value == "CANCELLED"
    assert vobject.readOne(file_of(an_appointment())).method.value == "PUBLISH"


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
    assert event.dtstart.value == starts_at
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
    assert event.dtstart.value.astimezone(zones.zone("Europe/Berlin")).time() == clock


def test_german_clients_read_german() -> None:
    event = parsed(file_of(an_appointment(), "de-AT"))
    assert event.summary.value == "Termin bei Dr. Ada"
    assert "Dienstag" in event.description.value


# icalendar writes a typed "\\N" as a line break
@settings(max_examples=100)
@given(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")))
    .map(str.strip)
    .filter(lambda text: text and "\\N" not in text)
)
@example("a\\nb").via("a backslash, not a line end")
def test_any_name_and_place_arrive_as_they_are_in_short_crlf_lines(text: str) -> None:
    written = file_of(an_appointment(), name=text, location=text)
    assert all(len(line.encode()) <= 75 and "\n" not in line for line in written.split("\r\n"))
    event = parsed(written)
    assert event.location.value == text
    assert event.summary.value.replace(FSI, "").replace(PDI, "") == f"Appointment with {text}"
