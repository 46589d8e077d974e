"""Messages that nobody of ours would send: any bytes as properties, headers and body."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import uuid4

from pamqp.commands import Basic

HUGE: Final = 4 * 2**20


class RawString(str):
    """A string that goes on the wire as other bytes than its own, such as such that are no UTF-8."""

    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> "RawString":
        made = cls(raw.decode("utf-8", "replace"))
        made.raw = raw
        return made

    def encode(self, *_: Any, **__: Any) -> bytes:
        return self.raw


@dataclass(frozen=True, slots=True)
class Oddity:
    """A message with its properties; `body` tells them apart. `kills_broker`: where RabbitMQ dead-letters it by
    itself, as from a retry queue."""

    body: bytes
    properties: Basic.Properties
    kills_broker: bool = False


STRINGS: Final = (
    "\0",
    "a\0b",
    "",
    "\ufffe\u202e\u2028",
    "😀" * 60,
    RawString.of(b"\xff\xfe\x00"),
    RawString.of(b"caf\xe9"),
)
HEADERS: Final[tuple[dict[str, Any], ...]] = (
    {"traceparent": "\0"},
    {"traceparent": 7},
    {"\0": "\0", "deep": {"a": {"b": {"c": ["\0", bytearray(b"\xff"), None, 1.5, -(2**40)]}}}},
    {"x-death": "nonsense"},
    {"x-delivery-count": "often"},
    {"x-delay": "soon"},
    {"bytes": bytearray(b"\0\xff" * 50), "raw": RawString.of(b"\xc3\x28")},
)

DEADLY: Final[tuple[dict[str, Any], ...]] = (
    {"x-death": [1, "two", None]},
    {"x-death": [{"queue": 5, "reason": bytearray(b"\xff"), "count": "many"}]},
)
"""Such an x-death ends the worker of RabbitMQ 3.10 that dead-letters at least once, and with it all dead-lettering on
that node until it is started again (rabbit_fifo_dlx_sup: reached_max_restart_intensity)."""


def bodies(chance: Random) -> Iterator[bytes]:
    """Whatever is no ticket, or nearly one."""
    yield from (
        b"\0",
        b"\xff\xfe\xfd",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"\\u0000"',
        b"{}",
        b"[" * 20_000,
        b"\xef\xbb\xbf{}",
    )
    yield chance.randbytes(200)
    yield b"\0" * HUGE
    ticket: dict[str, Any] = {
        "version": 1,
        "jobId": str(uuid4()),
        "attempt": 0,
        "kind": "appointment_created_email",
        "appointmentId": str(uuid4()),
        "dueAt": "2027-01-05T14:00:00Z",
    }
    yield _json(ticket)
    for field, value in (
        ("version", 2),
        ("version", "1"),
        ("version", True),
        ("version", 10**400),
        ("jobId", "\0"),
        ("jobId", 7),
        ("jobId", "{" + str(uuid4()) + "}"),
        ("attempt", -1),
        ("attempt", 2**31),
        ("attempt", 1.0),
        ("kind", "\0"),
        ("kind", "x" * 100_000),
        ("kind", ["appointment_created_email"]),
        ("appointmentId", None),
        ("dueAt", "\0"),
        ("dueAt", "0001-01-01T00:00:00+23:59"),
        ("dueAt", 10**18),
        ("dueAt", "2027-01-05"),
    ):
        yield _json(ticket | {field: value, "jobId": value if field == "jobId" else str(uuid4())})
    yield _json(ticket)[:-1] + b',"more":"\\ud800"}'


def oddities(chance: Random) -> Iterator[Oddity]:
    """Each body with some odd property, and each odd property and header with some body."""
    for number, body in enumerate(bodies(chance)):
        string = STRINGS[number % len(STRINGS)]
        yield Oddity(_marked(body, number), Basic.Properties(message_id=string, content_type="application/json"))
    for number, string in enumerate(STRINGS):
        for name in ("content_type", "message_id", "correlation_id", "message_type", "app_id", "reply_to"):
            yield Oddity(b"%d %s" % (number, name.encode()), _properties({name: string}))
    for number, headers in enumerate(HEADERS):
        yield Oddity(b"headers %d" % number, _properties({"headers": headers}))
    for number, headers in enumerate(DEADLY):
        yield Oddity(b"deadly %d" % number, _properties({"headers": headers}), kills_broker=True)
    yield Oddity(b"priority", _properties({"priority": 255, "delivery_mode": 1}))


def _properties(values: Mapping[str, Any]) -> Basic.Properties:
    return Basic.Properties(**{"delivery_mode": 2, **values})


def _marked(body: bytes, number: int) -> bytes:
    """White space at the end changes no meaning, and makes bodies differ."""
    return body + b" " * (number % 7)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
