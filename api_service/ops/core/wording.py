"""Says lengths of time and amounts in words. Pure."""

from datetime import datetime
from typing import Final

_STEPS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, or until, in one or two units.

    >>> from datetime import UTC
    >>> ago(datetime(2027, 1, 5, 12, 0, tzinfo=UTC), datetime(2027, 1, 5, 12, 4, 30, tzinfo=UTC))
    '4 min ago'
    >>> ago(datetime(2027, 1, 6, 14, 0, tzinfo=UTC), datetime(2027, 1, 5, 12, 0, tzinfo=UTC))
    'in 1 d 2 h'
    """
    if moment is None:
        return "never"
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(-seconds)} ago"


def span(seconds: float | None) -> str:
    """A length of time; under ten seconds with its fraction, from an hour on in two units.

    >>> [span(value) for value in (0.0123, 2.5, 59.6, 150, 7_500, 90_000)]
    ['12 ms', '2.5 s', '59 s', '2 min', '2 h 5 min', '1 d 1 h']
    """
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    place = next(place for place, (size, _) in enumerate(_STEPS) if whole >= size)
    size, unit = _STEPS[place]
    first = f"{whole // size} {unit}"
    if size < 3_600:
        return first
    smaller, name = _STEPS[place + 1]
    rest = whole % size // smaller
    return f"{first} {rest} {name}" if rest else first


def plural(count: int, word: str) -> str:
    """
    >>> plural(1, "job"), plural(1204, "job")
    ('1 job', '1,204 jobs')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def masked(address: str | None) -> str:
    """An address that can be recognised and not be written to.

    >>> masked("alex.example@patients.example"), masked("a@b.example")
    ('a•••e@patients.example', 'a•••@b.example')
    """
    if not address:
        return "no address"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••{local[-1:] if len(local) > 2 else ''}@{domain}"


def report_in_words(event: str, status: str | None) -> str:
    """What became of a mail, in one line.

    >>> report_in_words("returned", "5.1.1"), report_in_words("complained", None)
    ('returned: 5.1.1', 'complained')
    """
    return f"{event}: {status}" if status else event
