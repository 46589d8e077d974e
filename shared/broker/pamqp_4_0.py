"""Decodes messages of any bytes, by the inner names of pamqp 4.0: replaces pamqp's decoders by ours.

AMQP says that short strings are UTF-8, and no broker checks it. pamqp raises for invalid UTF-8, for a time beyond the
calendar, and for deeply nested tables. aiormq then ends the connection, the broker delivers the message again, and no
other message is ever delivered. Our decoders accept all of it, and keep invalid bytes.
"""

from datetime import UTC, datetime
from typing import Any, Final

from pamqp import decode

from shared.process.library_internals import Internals, usable

INTERNALS: Final = Internals(
    "pamqp",
    "4.0",
    {decode: ("METHODS", "TABLE_MAPPING", "long_str")},
    instead="a message of bytes that AMQP forbids ends the connection each time that it is delivered",
)
DEEPEST: Final = 32
"""The deepest nesting of tables. Deeper tables stay bytes."""
_SIZED: Final = frozenset({b"S", b"x", b"F", b"A"})
# types of values in a table that have a fixed size, in bytes: https://www.rabbitmq.com/amqp-0-9-1-errata.html
_SIZES: Final = dict(zip("tbBsuIilLfdDTV\x00", (1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 5, 8, 0, 0), strict=True))


def take_any_bytes() -> None:
    """Replaces pamqp's decoders in the whole process, if inner names may be used. Call it before anything is consumed;
    a second call changes nothing."""
    if usable(INTERNALS):
        decode.METHODS |= {"shortstr": short_string, "table": table, "timestamp": timestamp}


def short_string(data: bytes) -> tuple[int, str]:
    """Decodes UTF-8. Each invalid byte becomes a lone surrogate that names it (PEP 383)."""
    end = data[0] + 1
    return end, data[1:end].decode("utf-8", "surrogateescape")


def timestamp(data: bytes) -> tuple[int, Any]:
    """A time; the number of seconds when no calendar has it."""
    seconds = int.from_bytes(data[:8])
    try:
        return 8, datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return 8, seconds


def table(data: bytes) -> tuple[int, dict[str, Any]]:
    end = 4 + int.from_bytes(data[:4])
    return end, _table(data, 4, min(end, len(data)), 0)


def _table(data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while at < end:
        used, key = short_string(data[at : min(at + 256, end)])
        found[key], at = _value(data, at + used, end, depth)
    return found


def _array(data: bytes, at: int, end: int, depth: int) -> list[Any]:
    found = []
    while at < end:
        value, at = _value(data, at, end, depth)
        found.append(value)
    return found


def _value(data: bytes, at: int, end: int, depth: int) -> tuple[Any, int]:
    """A value, and the position of the next one. A truncated value, or one of an unknown type, is all the remaining
    bytes."""
    kind, at = data[at : at + 1], at + 1
    if kind in _SIZED:
        begin = at + 4
        stop = begin + int.from_bytes(data[at:begin])
        return (_sized(kind, data, begin, stop, depth), stop) if stop <= end else (data[at:end], end)
    stop = at + _SIZES.get(kind.decode("latin-1"), end)
    if stop > end:
        return data[at:end], end
    if kind == b"T":
        return timestamp(data[at:stop])[1], stop
    return decode.TABLE_MAPPING[kind](data[at:stop])[1], stop


def _sized(kind: bytes, data: bytes, begin: int, stop: int, depth: int) -> Any:
    if kind == b"F" and depth < DEEPEST:
        return _table(data, begin, stop, depth + 1)
    if kind == b"A" and depth < DEEPEST:
        return _array(data, begin, stop, depth + 1)
    raw = data[begin:stop]
    return decode.long_str(len(raw).to_bytes(4) + raw)[1] if kind == b"S" else raw
