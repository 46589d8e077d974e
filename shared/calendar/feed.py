"""Writes the appointments of a doctor as one iCalendar object to subscribe to (RFC 5545, RFC 7986). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from shared.calendar.lines import folded, text
from shared.wording import Language

_HEAD: Final = (
    "BEGIN:VCALENDAR",
    "PRODID:-//Punctual//Appointments//EN",
    "VERSION:2.0",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    "X-PUBLISHED-TTL:PT15M",  # the same, for Outlook
)


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An appointment. `name`: the client's; None: it is not known. The reason is not here: calendars are shared, and
    their servers are somebody else's."""

    id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    name: str | None


def feed(doctor_name: str, location: str, events: Sequence[FeedEvent], language: Language) -> bytes:
    """The whole object, lines ended by CRLF. The same events give the same bytes: an event is stamped with the time of
    its last change. A cancelled appointment is not among them, so calendars drop it."""
    title = text(language.text("doctor-feed.title", doctor=doctor_name))
    lines = [*_HEAD, f"NAME:{title}", f"X-WR-CALNAME:{title}"]
    for event in events:
        lines += _lines(event, location, language)
    return b"".join(map(folded, (*lines, "END:VCALENDAR")))


def _lines(event: FeedEvent, location: str, language: Language) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.id}"
    yield f"DTSTAMP:{_instant(event.updated_at)}"
    yield f"SEQUENCE:{event.version - 1}"
    yield f"DTSTART:{_instant(event.starts_at)}"
    yield f"DTEND:{_instant(event.ends_at)}"
    yield f"SUMMARY:{text(event.name or language.text('doctor-feed.unnamed'))}"
    if location:
        yield f"LOCATION:{text(location)}"
    yield "STATUS:CONFIRMED"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _instant(moment: datetime) -> str:
    """As in RFC 5545 §3.3.5, form 2."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
