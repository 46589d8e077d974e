"""Writes an appointment as an iCalendar file (RFC 5545, RFC 5546). Pure."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress

from api_service.appointments.model import Appointment
from api_service.doctors.model import Doctor
from shared.people import localtime

_PRODUCT: Final = "-//Punctual//Appointments//EN"
_SUMMARIES: Final = {"en": "Appointment with {doctor}", "de": "Termin bei {doctor}"}


def method(appointment: Appointment) -> str:
    """PUBLISH puts the event into a calendar or brings it up to date; CANCEL takes a published one back."""
    return "PUBLISH" if appointment.status == "booked" else "CANCEL"


def calendar(appointment: Appointment, doctor: Doctor, locale: str, now: datetime) -> bytes:
    """The file, in a language of ours. A calendar that has an older one recognises the event by its UID and takes the
    higher SEQUENCE.

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
    language = locale.partition("-")[0].lower()
    event.add("summary", _SUMMARIES.get(language, _SUMMARIES["en"]).format(doctor=doctor.name))
    event.add("description", _on_the_clinics_clock(appointment, locale))
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


def _on_the_clinics_clock(appointment: Appointment, locale: str) -> str:
    day = localtime.day(appointment.local_date, locale)
    clock = localtime.clock(appointment.local_time, locale)
    local = datetime.combine(appointment.local_date, appointment.local_time)
    return f"{day}, {clock} ({localtime.zone(appointment.starts_at, appointment.timezone, locale, local)})"
