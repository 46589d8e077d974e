"""Writes an appointment as an iCalendar file (RFC 5545, RFC 5546). Pure."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress

from api_service.appointments.model import Appointment
from api_service.doctors.model import Doctor
from shared.wording import Language

_PRODUCT: Final = "-//Punctual//Appointments//EN"


def method(appointment: Appointment) -> str:
    """PUBLISH puts the event into a calendar or brings it up to date; CANCEL takes a published one back."""
    return "PUBLISH" if appointment.status == "booked" else "CANCEL"


def calendar(appointment: Appointment, doctor: Doctor, language: Language, now: datetime) -> bytes:
    """The file, in the client's language. A calendar that has an older one recognises the event by its UID and takes
    the higher SEQUENCE.

    Start and end are in UTC, as they were fixed at booking. A local time with a VTIMEZONE could not say which 02:30
    of an October night is meant, and calendars replace the rules that we send by their own. The clinic's own clock is
    in the description. The reason is nowhere: calendars are shared and shown on lock screens.
    """
    event = Event()
    event.add("uid", str(appointment.id))
    event.add("dtstamp", now)
    event.add("sequence", appointment.version - 1)
    event.add("created", appointment.created_at)
    event.add("last-modified", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("status", "CONFIRMED" if appointment.status == "booked" else "CANCELLED")
    event.add("class", "PRIVATE")
    event.add("summary", language.text("calendar.summary", doctor=doctor.name))
    event.add("description", _on_the_clinics_clock(appointment, language))
    if doctor.location:
        event.add("location", doctor.location)
    event.add("organizer", _organizer(doctor))
    file = Calendar()
    file.add("prodid", _PRODUCT)
    file.add("version", "2.0")
    file.add("method", method(appointment))
    file.add_component(event)
    return bytes(file.to_ical())


def _organizer(doctor: Doctor) -> vCalAddress:
    """RFC 5546 §3.2 wants one; nobody is to be written to, so it is no mailto."""
    organizer = vCalAddress(f"urn:punctual:doctor:{quote(doctor.id, safe='')}")
    organizer.params["CN"] = doctor.name
    return organizer


def _on_the_clinics_clock(appointment: Appointment, language: Language) -> str:
    local = datetime.combine(appointment.local_date, appointment.local_time)
    zone = language.zone(appointment.starts_at, appointment.timezone, local)
    return language.when(appointment.local_date, appointment.local_time, zone)
