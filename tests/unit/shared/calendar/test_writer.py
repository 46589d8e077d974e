"""The iCalendar object, read by two libraries beside the writer: vobject and icalendar."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import icalendar
import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api_service.doctors.slot_rules import slot
from shared.calendar import CalendarEvent, CalendarWriter, Person
from shared.clinic import Clinic
from shared.people import zones
from shared.wording import builtin
from shared.wording.bidi import FSI, PDI
from shared.wording.interval import Interval
from tests.unit.api_service.doctors.test_slot_rules import a_doctor

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
ALEX = Person("alex@patients.example", "Alex Example")
SENDER = "Praxis am Lindenpark <appointments@clinic.example>"
CLINIC = Clinic.model_validate(
    {
        "name": "Praxis am Lindenpark",
        "telephone": "+49 30 1234567",
        "address": "Lindenstraße 12, 10969 Berlin",
        "bring": {"de": "Ihre Versichertenkarte", "en": "Your health card"},
    }
)
WRITER = CalendarWriter(CLINIC, sender=SENDER)
BARE = CalendarWriter(Clinic())


def an_event(day: date = date(2027, 1, 5), clock: time = time(15), **changes: Any) -> CalendarEvent:
    booked = slot(a_doctor(), day, clock, NOW)
    interval = Interval(booked.starts_at, booked.ends_at, day, clock, "Europe/Berlin")
    return CalendarEvent(UUID(int=8), 1, interval, False, "1", "Dr. Ada")._replace(**changes)


def file_of(
    event: CalendarEvent, locale: str = "en", attendee: Person | None = None, writer: CalendarWriter = WRITER
) -> str:
    return writer.file(event, builtin().of(locale), NOW, attendee).decode()


def by_vobject(text: str) -> Any:
    """The file's only event."""
    [event] = vobject.readOne(text).vevent_list
    return event


def by_icalendar(text: str) -> Any:
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors
    [event] = calendar.walk("VEVENT")
    assert not event.errors
    return event


@pytest.mark.parametrize("locale", builtin().tags)
@pytest.mark.parametrize("cancelled", [False, True])
def test_both_libraries_read_the_same_in_every_language(locale: str, cancelled: bool) -> None:
    text = file_of(an_event(is_cancelled=cancelled, manage_link="https://booking.example/a/1.x"), locale, ALEX)
    one, other = by_vobject(text), by_icalendar(text)
    for name in ("uid", "summary", "description", "location", "status", "url"):
        assert one.contents[name][0].value == str(other[name])
    assert one.dtstart.value == other["DTSTART"].dt == datetime(2027, 1, 5, 14, tzinfo=UTC)
    assert one.dtend.value == other["DTEND"].dt == datetime(2027, 1, 5, 14, 30, tzinfo=UTC)
    assert other["SEQUENCE"] == 0
    assert other["DTSTAMP"].dt == NOW


def test_an_invitation_names_the_sender_and_the_recipient_who_has_accepted() -> None:
    text = file_of(an_event(), attendee=ALEX)
    assert icalendar.Calendar.from_ical(text)["METHOD"] == "REQUEST"
    event = by_icalendar(text)
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == (
        "mailto:appointments@clinic.example",
        "Praxis am Lindenpark",
    )
    assert event["ATTENDEE"] == "mailto:alex@patients.example"
    assert {name: str(value) for name, value in event["ATTENDEE"].params.items()} == {
        "CN": "Alex Example",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }


@pytest.mark.parametrize(
    ("cancelled", "attendee", "method"),
    [(False, ALEX, "REQUEST"), (True, ALEX, "CANCEL"), (False, None, "PUBLISH"), (True, None, "CANCEL")],
)
def test_the_method_says_what_to_do(cancelled: bool, attendee: Person | None, method: str) -> None:
    event = an_event(is_cancelled=cancelled)
    text = file_of(event, attendee=attendee)
    assert vobject.readOne(text).method.value == method == WRITER.method(event, invites=attendee is not None)
    assert by_vobject(text).status.value == ("CANCELLED" if cancelled else "CONFIRMED")
    assert ("ATTENDEE" in text) == (attendee is not None)


def test_a_change_is_the_same_event_with_a_higher_sequence() -> None:
    first, moved = by_icalendar(file_of(an_event())), by_icalendar(file_of(an_event(date(2027, 2, 1), version=2)))
    assert first["UID"] == moved["UID"]
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)


def test_it_says_the_clinics_time_place_and_telephone() -> None:
    event = by_vobject(file_of(an_event(doctor_location="Room 4; left", manage_link="https://booking.example/a/x")))
    assert event.location.value == "Room 4; left, Lindenstraße 12, 10969 Berlin"
    assert event.description.value.split("\n") == [
        "Clinic’s time: Tuesday, 5 January 2027, 15:00–15:30 (Central European Standard Time, UTC+01:00)",
        "Telephone: +49 30 1234567",
        "Please bring: Your health card",
        "Change or cancel: https://booking.example/a/x",
    ]
    assert event.contents["class"][0].value == "PRIVATE"


def test_without_an_address_the_doctor_organizes() -> None:
    event = by_icalendar(file_of(an_event(), writer=BARE))
    assert event["ORGANIZER"] == "urn:punctual:doctor:1"
    assert "LOCATION" not in event


def test_the_calendar_reminds_where_the_clinic_says_so() -> None:
    writer = CalendarWriter(CLINIC, sender=SENDER, alarm=5400.0)
    [alarm] = by_icalendar(file_of(an_event(), writer=writer)).walk("VALARM")
    assert (alarm["TRIGGER"].dt, alarm["ACTION"]) == (timedelta(minutes=-90), "DISPLAY")
    assert "VALARM" not in file_of(an_event(is_cancelled=True), writer=writer)
    assert "VALARM" not in file_of(an_event())


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
    event = by_vobject(file_of(an_event(day, clock)))
    assert event.dtstart.value == starts_at
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
    assert event.dtstart.value.astimezone(zones.zone("Europe/Berlin")).time() == clock


TYPED = st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "Mn"))).map(str.strip).filter(bool)


@settings(max_examples=200)
@given(TYPED, st.sampled_from(["en", "ar"]))
@example("a\\nb", "en").via("a backslash, not a line end")
@example("a\\Nb", "en").via("the same: both are line ends when they stand alone")
@example("👩‍⚕️" * 40, "en").via("characters of four octets, which no line cuts")
def test_any_name_and_place_arrive_as_they_are_in_short_crlf_lines(typed: str, locale: str) -> None:
    written = file_of(an_event(doctor_name=typed, doctor_location=typed), locale, Person("a@b.example", typed), BARE)
    lines = written.encode().split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and line.decode() for line in lines[:-1])
    event = by_vobject(written)
    assert event.location.value == typed
    summary = builtin().of(locale).text("calendar.summary", doctor=typed)
    assert event.summary.value == summary
    assert by_icalendar(written)["ATTENDEE"] == "mailto:a@b.example"
    assert FSI in summary if locale == "ar" else summary.replace(FSI, "").replace(PDI, "").endswith(typed)


HOSTILE = 'x\r\nATTACH:http://evil.example\r\nEND:VEVENT;:,"\u2028\x00\x1b\ud800'


def test_what_people_typed_adds_no_line() -> None:
    plain = by_icalendar(file_of(an_event(doctor_location="x"), attendee=ALEX))
    event = by_icalendar(
        file_of(
            an_event(doctor_id=HOSTILE.replace("\ud800", ""), doctor_name=HOSTILE, doctor_location=HOSTILE),
            attendee=Person("alex@patients.example", HOSTILE),
            writer=CalendarWriter(Clinic(), sender=SENDER),
        )
    )
    assert set(event) == set(plain)


@given(st.emails())
def test_any_address_is_a_uri(address: str) -> None:
    found = str(by_icalendar(file_of(an_event(), attendee=Person(address)))["ATTENDEE"])
    assert unquote(found.removeprefix("mailto:")) == address
