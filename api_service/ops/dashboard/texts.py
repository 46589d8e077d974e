"""Says times, addresses and errors in the dashboard's words. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from api_service.ops.core.wording import ago, masked, plural, report_in_words, span
from api_service.ops.dashboard.error_words import cause, in_english
from shared.jobs.model import Kind
from shared.people import zones

_ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_KINDS: Final = {
    Kind.CREATED: "Confirmation",
    Kind.RESCHEDULED: "Move notice",
    Kind.CANCELLED: "Cancellation notice",
    Kind.OFFER: "Offer of other times",
    Kind.AGENDA: "Doctor’s agenda",
    Kind.DOCTOR_NOTICE: "Notice to the doctor",
    Kind.REMINDER: "Reminder",
}
LEFT_OUT: Final = {
    "cancelled": "of what was cancelled since",
    "moved": "of appointments that were moved since",
    "begun": "of appointments that have begun",
    "suppressed": "to suppressed addresses",
    "optedOut": "to clients who want no reminders by mail",
    "toldOnce": "to doctors, who are told once",
    "possiblySent": "whose mail may have arrived already",
}
_SKIPPED: Final = {
    "cancelled": "the appointment was cancelled",
    "moved": "the appointment was moved",
    "begun": "the visit has begun",
    "suppressed": "the address is suppressed",
    "optedOut": "the client wants no reminders by mail",
}


def clock(moment: datetime | None, now: datetime, zone: tzinfo = UTC) -> str:
    """The time of day in a zone; with its date on other days of that zone.

    >>> clock(datetime(2027, 1, 5, 12, 0, 1, tzinfo=UTC), datetime(2027, 1, 6, tzinfo=UTC))
    '2027-01-05 12:00:01'
    """
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    same = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M:%S}" if same else f"{local:%Y-%m-%d %H:%M:%S}"


def instant(moment: datetime | None, zone: tzinfo = UTC) -> str:
    """Absolute, to the millisecond, with the name of its zone; with its offset, too, where the clock shows that time
    twice.

    >>> instant(datetime(2027, 1, 5, 12, 0, 1, tzinfo=UTC))
    '2027-01-05 12:00:01.000 UTC'
    """
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    shown = f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{shown}{f' {local:%z}' if twice else ''} {zone_name(zone)}"


def zone_name(zone: tzinfo) -> str:
    """The name that a zone is chosen by.

    >>> zone_name(UTC)
    'UTC'
    """
    return getattr(zone, "key", "UTC")


def in_zone(moment: datetime, name: str) -> str:
    """Date and time to the minute on the clocks of a zone. Raises UnknownZone.

    >>> in_zone(datetime(2027, 1, 5, 12, 0, tzinfo=UTC), "Europe/Berlin")
    'Tue 2027-01-05 13:00'
    """
    return f"{moment.astimezone(zones.zone(name)):%a %Y-%m-%d %H:%M}"


def iso(moment: datetime) -> str:
    """For a time element."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(value: int | None) -> str:
    """With thin separators.

    >>> number(1204)
    '1,204'
    """
    return "–" if value is None else f"{value:,}"


def short(value: object) -> str:
    """The last eight characters of an id: the first ones of a version 7 UUID are its time, and the same for all
    that was booked within a minute."""
    return str(value)[-8:]


def redacted(error: str | None) -> str:
    """An error without the addresses that a mail server may have echoed.

    >>> redacted("550 <a.b@c.example>: no such user")
    '550 <a•••b@c.example>: no such user'
    """
    return _ADDRESS.sub(lambda found: masked(found[0]), error or "")


def first_line(text: str) -> str:
    """One line of at most 160 characters.

    >>> first_line("ValueError: no\\nTraceback")
    'ValueError: no …'
    """
    line = text.partition("\n")[0]
    return text if text == line and len(text) <= 160 else f"{line[:158].rstrip()} …"


def first_upper(text: str) -> str:
    """A sentence's beginning.

    >>> first_upper("no SMTP server")
    'No SMTP server'
    """
    return text[:1].upper() + text[1:]


def kind(value: str) -> str:
    return _KINDS.get(Kind(value), value) if value in set(Kind) else value


def left_out(why: str) -> str:
    """The failed jobs that are not requeued, by reason.

    >>> left_out("begun")
    'of appointments that have begun'
    """
    return LEFT_OUT.get(why, why)


def why_skipped(why: str) -> str:
    """Why the mail of one job would not be sent.

    >>> why_skipped("begun")
    'the visit has begun'
    """
    return _SKIPPED.get(why, why)


def takes(jobs: int, per_second: int) -> str:
    """How long so many jobs take at a pace.

    >>> takes(40, 50), takes(120, 50), takes(1, 1)
    ('less than a second', '3 s', '1 s')
    """
    seconds = -(-jobs // per_second)
    return "less than a second" if jobs < per_second else span(float(seconds)).replace(".0 s", " s")


ZONED: Final[Mapping[str, Callable[..., str]]] = {"clock": clock, "instant": instant}
"""Filters that take the zone of the page."""
FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "ago": ago,
    "span": span,
    "in_zone": in_zone,
    "iso": iso,
    "number": number,
    "short": short,
    "masked": masked,
    "report": lambda report: report_in_words(report.event, report.status),
    "redacted": redacted,
    "first_line": first_line,
    "first_upper": first_upper,
    "kind": kind,
    "cause": cause,
    "in_english": in_english,
    "plural": plural,
    "left_out": left_out,
    "why_skipped": why_skipped,
    "takes": takes,
    "urlencode_all": partial(quote, safe=""),
}
