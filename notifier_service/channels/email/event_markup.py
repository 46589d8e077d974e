"""Tells programs about the appointment, in the HTML of a mail: schema.org's EventReservation as JSON-LD.

Google and Apple read it: https://developers.google.com/workspace/gmail/markup/reference/event-reservation
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from notifier_service.channels.email.quoted_printable import quoted_value
from notifier_service.channels.email.template import MailTemplate
from shared.calendar import CalendarEvent
from shared.clinic import Clinic
from shared.people import zones

_STATUS: Final = "https://schema.org/Reservation"


class EventMarkup:
    """Knows the clinic. What the mails of a doctor share is written once: filled in are the ids, names and times."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._template = lru_cache(maxsize=1024)(self._template_of)

    def of(self, event: CalendarEvent, what: str, client_name: str) -> bytes:
        """JSON that can stand in a script element as it is, encoded as quoted-printable. `what`: the event's name. The
        reason is not in it."""
        interval, link = event.interval, event.manage_link
        template = self._template(
            event.doctor_id, event.doctor_name, event.doctor_location, what, _status(event), bool(link)
        )
        values = (
            str(event.id).encode(),
            quoted_value(_json(client_name)),
            _on_the_clinics_clock(interval.starts_at, interval.timezone),
            _on_the_clinics_clock(interval.ends_at, interval.timezone),
            quoted_value(_json(link)) if link else b"",
        )
        return template.fill(values)

    def _template_of(
        self, doctor_id: str, doctor_name: str, doctor_location: str, what: str, status: str, links: bool
    ) -> MailTemplate:
        """For the id, the client's name, start and end, and the link."""
        place = self._clinic.location_of(doctor_id, doctor_location)
        name, address = self._clinic.name or doctor_name, self._clinic.address or place or doctor_name
        texts = (
            '{"@context":"https://schema.org","@type":"EventReservation","reservationNumber":"',
            f'","reservationStatus":"{_STATUS}{status}","underName":{{"@type":"Person","name":',
            f'}},"reservationFor":{{"@type":"Event","name":{_json(what)},"startDate":"',
            '","endDate":"',
            f'","location":{{"@type":"Place","name":{_json(name)},"address":{_json(address)}}}}}',
        )
        if not links:
            return MailTemplate((*texts[:-1], f"{texts[-1]}}}"), range(4))
        return MailTemplate((*texts[:-1], f'{texts[-1]},"modifyReservationUrl":', ',"url":', "}"), (0, 1, 2, 3, 4, 4))


def _status(event: CalendarEvent) -> str:
    if event.is_cancelled:
        return "Cancelled"
    return "Pending" if event.is_tentative else "Confirmed"


def _json(text: str) -> str:
    written = orjson.dumps(text).decode()
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@lru_cache(maxsize=4096)  # the doctors of a clinic share their slots
def _on_the_clinics_clock(moment: datetime, timezone: str) -> bytes:
    """With its offset; in UTC where nobody knows the zone."""
    try:
        return moment.astimezone(zones.zone(timezone)).isoformat().encode()
    except (zones.UnknownZone, OverflowError):
        return moment.isoformat().encode()
