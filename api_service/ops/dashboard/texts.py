"""Says times, addresses and errors in the dashboard's words. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from api_service.ops.core.wording import ago, masked, plural, report_in_words, span
from shared.jobs.model import Kind

_ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_KINDS: Final = {
    Kind.CREATED: "Confirmation",
    Kind.RESCHEDULED: "Move notice",
    Kind.CANCELLED: "Cancellation notice",
    Kind.REMINDER: "Reminder",
}
LEFT_OUT: Final = {
    "cancelled": "of what was cancelled since",
    "moved": "of appointments that were moved since",
    "begun": "of appointments that have begun",
    "suppressed": "to suppressed addresses",
    "optedOut": "to clients who want no reminders by mail",
    "possiblySent": "whose mail may have arrived already",
}
# RFC 5321 §4.2.3 and RFC 3463 §3, in our words: a server's own may echo an address
_REPLIES: Final = {
    "421": "the mail server closes the connection",
    "450": "the mailbox is busy",
    "451": "a local error of the mail server",
    "452": "the mail server has no room",
    "454": "authentication is not possible just now",
    "535": "our credentials were refused",
    "550": "the mailbox is not available",
    "551": "the recipient is not local",
    "552": "the mailbox is over its quota",
    "553": "the mailbox name is not allowed",
    "554": "the message was refused",
}
# how a session that was interrupted is called in an error: TimeoutError at data
_INTERRUPTED: Final = {
    "TimeoutError": "the mail server did not answer in time",
    "ConnectionRefusedError": "nothing listens at the mail server's address",
    "ConnectionResetError": "the mail server cut the connection",
    "SMTPServerDisconnected": "the mail server cut the connection",
    "SMTPTimeoutError": "the mail server did not answer in time",
    "gaierror": "the mail server's name is not known",
}
_FAULT: Final = re.compile(r"[A-Z]\w*(Error|Exception|Group):")
_STATUSES: Final = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "the address is malformed",
    "1.6": "the mailbox has moved",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "3.2": "the mail system accepts nothing just now",
    "4.1": "the recipient's server does not answer",
    "4.4": "the mail cannot be routed",
    "4.7": "the delivery took too long",
    "7.1": "delivery is not authorised",
    "7.8": "our credentials were refused",
    "7.26": "the sender's authentication (SPF, DKIM) failed",
}


def clock(moment: datetime | None, now: datetime) -> str:
    """The time of day in UTC; with its date on other days.

    >>> clock(datetime(2027, 1, 5, 12, 0, 1, tzinfo=UTC), datetime(2027, 1, 6, tzinfo=UTC))
    '2027-01-05 12:00:01'
    """
    if moment is None:
        return "–"
    moment = moment.astimezone(UTC)
    return f"{moment:%H:%M:%S}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M:%S}"


def instant(moment: datetime | None) -> str:
    """Absolute, to the millisecond, with its zone."""
    if moment is None:
        return "–"
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


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


def kind(value: str) -> str:
    return _KINDS.get(Kind(value), value) if value in set(Kind) else value


def cause(group: str | None) -> str:
    """What an error group means: a mail server's code, an interrupted session, or a fault of our own.

    >>> cause("SMTP 550 5.1.1"), cause("SMTP 571"), cause("TimeoutError at data")
    ('no such mailbox', '', 'the mail server did not answer in time')
    >>> cause("KeyError: …")
    'a fault in Punctual itself; the log has its traceback'
    """
    words = (group or "").split()
    if not words:
        return ""
    if words[0] != "SMTP":
        ours = _FAULT.fullmatch(words[0])
        return _INTERRUPTED.get(words[0]) or ("a fault in Punctual itself; the log has its traceback" if ours else "")
    status = words[2].partition(".")[2] if len(words) > 2 else ""
    return _STATUSES.get(status) or _REPLIES.get(words[1], "")


def left_out(why: str) -> str:
    """Which failed jobs are not requeued, by why.

    >>> left_out("begun")
    'of appointments that have begun'
    """
    return LEFT_OUT.get(why, why)


def takes(jobs: int, per_second: int) -> str:
    """How long so many jobs take at a pace.

    >>> takes(40, 50), takes(120, 50), takes(1, 1)
    ('less than a second', '3 s', '1 s')
    """
    seconds = -(-jobs // per_second)
    return "less than a second" if jobs < per_second else span(float(seconds)).replace(".0 s", " s")


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "ago": ago,
    "span": span,
    "clock": clock,
    "instant": instant,
    "iso": iso,
    "number": number,
    "short": short,
    "masked": masked,
    "report": lambda report: report_in_words(report.event, report.status),
    "redacted": redacted,
    "first_line": first_line,
    "kind": kind,
    "cause": cause,
    "plural": plural,
    "left_out": left_out,
    "takes": takes,
}
