"""Writes the calendar entry of an appointment, with the clinic as its organizer. Pure.

A writer of our own: every mail has an entry, and the object model of the icalendar library costs several times as much
as the rest of a mail. Libraries read in the tests what it writes.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from shared.calendar.event import CalendarEvent, Person
from shared.calendar.lines import folded, mailto, parameter, text
from shared.clinic import Clinic
from shared.wording import Language
from shared.wording.interval import Interval, written

_HEAD: Final = (  # of lines that need neither folding nor a transfer encoding
    b"BEGIN:VCALENDAR\r\n"
    b"PRODID:-//Punctual//Appointments//EN\r\n"
    b"VERSION:2.0\r\n"
    b"CALSCALE:GREGORIAN\r\n"
    b"METHOD:%b\r\n"
    b"BEGIN:VEVENT\r\n"
    b"UID:%b\r\n"
    b"DTSTAMP:%b\r\n"
    b"SEQUENCE:%d\r\n"
)
_ATTENDEE: Final = (
    b"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;\r\n"
    b" RSVP=FALSE;CN=\r\n"  # the name and the address follow in lines of their own
)
_LINK: Final = "\ue000"  # stands for a link, of which texts have none


class CalendarWriter:
    """Knows the clinic. Entries of one appointment have one UID, and a SEQUENCE that rises with each of its changes:
    whichever way a newer one arrives, calendars replace the older one by it (RFC 5546 §2.1.5).

    Start and end are in UTC (RFC 5545 §3.3.5, form 2), as they were fixed at booking: Outlook, Google and Apple show
    them on the clocks of their user. A local time would need a VTIMEZONE. Outlook keeps two yearly changes of one, and
    ignores the rest ([MS-STANOICAL] §2.2.47); it wants one for series alone ([MS-OXCICAL] §2.1.3.1.1.20.10.1). The
    clinic's own clock is in the description.
    """

    def __init__(
        self,
        clinic: Clinic,
        *,
        sender: str | None = None,
        alarm: float | None = None,
        encode: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """`sender`: of the mails, as "Name <address>": the organizer. `alarm`: seconds before the start at which the
        calendar reminds; None leaves that to the calendar. `encode`: the transfer encoding of mails. It gets folded
        lines, some of them at a time, so that those that many mails share are encoded once; it leaves ASCII letters,
        digits and ":/-." as they are."""
        self._clinic = clinic
        name, address = parseaddr(sender or clinic.sender or "")
        self._organizer = Person(address, clinic.name or name) if address else None
        self._alarm = None if alarm is None else _duration(alarm)
        self._encode = encode
        self._same = lru_cache(maxsize=1024)(self._same_for_all_of)
        self._of_slot = lru_cache(maxsize=4096)(self._lines_of_slot)
        self._manage = lru_cache(maxsize=64)(_text_of_manage)
        self._attendee = encode(_ATTENDEE)

    @staticmethod
    def method(event: CalendarEvent, *, invites: bool = False) -> str:
        """The METHOD of an entry: REQUEST and CANCEL in a mail to the client; PUBLISH and CANCEL in a file."""
        if event.is_cancelled:
            return "CANCEL"
        return "REQUEST" if invites else "PUBLISH"

    def file(self, event: CalendarEvent, language: Language, now: datetime, attendee: Person | None = None) -> bytes:
        """The whole object, lines ended by CRLF. `attendee`: the recipient of a mail, who has accepted already, since
        the appointment is theirs (RFC 5546 §3.2.2); without one it is a file to import."""
        same = self._same(
            language,
            event.doctor_id,
            event.doctor_name,
            event.doctor_location,
            event.is_cancelled,
            event.is_tentative,
        )
        head = _HEAD % (
            self.method(event, invites=attendee is not None).encode(),
            str(event.id).encode(),
            _instant(now),
            event.version - 1,
        )
        bring = "" if event.is_cancelled else self._clinic.bring_to(event.doctor_id, language.tag)
        pieces = [head, self._of_slot(language, event.interval, bring)]
        if event.manage_link:
            pieces.append(self._encode(self._lines_of_link(event, language)))
        if attendee is not None:
            name = parameter(attendee.name or attendee.address)
            pieces += (self._attendee, self._encode(folded(f" {name}:{mailto(attendee.address)}")))
        pieces.append(same)
        return b"".join(pieces)

    def _lines_of_link(self, event: CalendarEvent, language: Language) -> bytes:
        """Behind the description, which the first of them continues."""
        url = folded(f"URL:{event.manage_link}")
        if event.is_cancelled:
            return url
        before, behind = self._manage(language)
        return folded(f" {before}{text(event.manage_link)}{behind}") + url

    def _same_for_all_of(
        self,
        language: Language,
        doctor_id: str,
        doctor_name: str,
        doctor_location: str,
        is_cancelled: bool,
        is_tentative: bool,
    ) -> bytes:
        """The end of the object, which all appointments with a doctor share."""
        summary = text(language.text(f"calendar.summary{'-cancelled' if is_cancelled else ''}", doctor=doctor_name))
        lines = [f"SUMMARY:{summary}"]
        place = self._clinic.location_of(doctor_id, doctor_location)
        address = self._clinic.address
        location = ", ".join(each for each in (place, address if address != place else None) if each)
        if location:
            lines.append(f"LOCATION:{text(location)}")
        lines.append(self._organizer_of(doctor_id, doctor_name))
        status = "CANCELLED" if is_cancelled else "TENTATIVE" if is_tentative else "CONFIRMED"
        lines += [f"STATUS:{status}", "CLASS:PRIVATE"]
        lines.append(f"TRANSP:{'TRANSPARENT' if is_cancelled else 'OPAQUE'}")
        if self._alarm is not None and not is_cancelled:
            lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-{self._alarm}"]
            lines += [f"DESCRIPTION:{summary}", "END:VALARM"]
        lines += ["END:VEVENT", "END:VCALENDAR"]
        return self._encode(b"".join(map(folded, lines)))

    def _organizer_of(self, doctor_id: str, doctor_name: str) -> str:
        """RFC 5546 §3.2 wants one; where no address is known, the doctor, whom nobody can write to."""
        if self._organizer is None:
            urn = f"urn:punctual:doctor:{quote(doctor_id, safe='')}"
            return f"ORGANIZER;CN={parameter(doctor_name)}:{urn}"
        name = self._organizer.name or self._organizer.address
        return f"ORGANIZER;CN={parameter(name)}:{mailto(self._organizer.address)}"

    def _lines_of_slot(self, language: Language, interval: Interval, bring: str) -> bytes:
        """Start, end and description, which all appointments at that time share, with whatever doctor."""
        description = text("\n".join(self._described(language, interval, bring)))
        instants = b"DTSTART:%b\r\nDTEND:%b\r\n" % (_instant(interval.starts_at), _instant(interval.ends_at))
        return instants + self._encode(folded(f"DESCRIPTION:{description}"))

    def _described(self, language: Language, interval: Interval, bring: str) -> Iterator[str]:
        clinic = self._clinic
        yield language.text("calendar.clinic-time", when=written(interval, language))
        if clinic.telephone:
            yield f"{language.text('label.telephone')}{language.text('separator')}{language.isolated(clinic.telephone)}"
        if bring:
            yield language.text("calendar.bring", what=bring)


@lru_cache(maxsize=4096)  # the mails of one second share one, and those of one slot two
def _instant(moment: datetime) -> bytes:
    """A moment in UTC, as in RFC 5545 §3.3.5, form 2; strftime takes longer."""
    return (moment.isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z").encode()


def _text_of_manage(language: Language) -> tuple[str, str]:
    """The end of a description, before and behind its link."""
    before, _, behind = text("\n" + language.text("calendar.manage", link=_LINK)).partition(_LINK)
    return before, behind


def _duration(seconds: float) -> str:
    """As in RFC 5545 §3.3.6, in whole minutes where it has them."""
    whole = round(seconds)
    return f"PT{whole // 60}M" if whole % 60 == 0 else f"PT{whole}S"
