"""Tells programs about the appointment, in the HTML of a mail: schema.org's EventReservation as JSON-LD.

Google and Apple read it: https://developers.google.com/workspace/gmail/markup/reference/event-reservation
"""

from datetime import datetime
from typing import Final

import orjson

from notifier_service.channels.email.wording import Words
from shared.calendar import Event
from shared.clinic import Clinic
from shared.people import zones

_STATUS: Final = "https://schema.org/Reservation"


def event_markup(event: Event, words: Words, client_name: str, clinic: Clinic) -> str:
    """JSON that can stand in a script element as it is. The reason is not in it."""
    place = clinic.location_of(event.doctor_id, event.doctor_location)
    reservation = {
        "@context": "https://schema.org",
        "@type": "EventReservation",
        "reservationNumber": str(event.id),
        "reservationStatus": f"{_STATUS}{'Cancelled' if event.is_cancelled else 'Confirmed'}",
        "underName": {"@type": "Person", "name": client_name},
        "reservationFor": {
            "@type": "Event",
            "name": words.what,
            "startDate": _on_the_clinics_clock(event.interval.starts_at, event.interval.timezone),
            "endDate": _on_the_clinics_clock(event.interval.ends_at, event.interval.timezone),
            "location": {
                "@type": "Place",
                "name": clinic.name or event.doctor_name,
                "address": clinic.address or place or event.doctor_name,
            },
        },
    }
    if event.manage_link:
        reservation["modifyReservationUrl"] = event.manage_link
        reservation["url"] = event.manage_link
    written = orjson.dumps(reservation).decode()
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _on_the_clinics_clock(moment: datetime, timezone: str) -> str:
    """With its offset; in UTC where nobody knows the zone."""
    try:
        return moment.astimezone(zones.zone(timezone)).isoformat()
    except (zones.UnknownZone, OverflowError):
        return moment.isoformat()
