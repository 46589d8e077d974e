"""Writes a message to publish as the bytes of its AMQP frames. Only ids, times and the body differ between messages of
one kind, so all other bytes are made once.

AMQP 0-9-1, §2.3.5 and §4.2 (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf).
"""

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Final

from pamqp import encode

from shared.broker.publication import Publication
from shared.jobs.envelope import CONTENT_TYPE, PERSISTENT

_FRAME: Final = Struct(">BHI")  # type, channel, size
_CONTENT: Final = Struct(">BHIHHQH")  # the same; class, weight, size of the body, flags of the properties
_LENGTH: Final = Struct(">I")
_METHOD, _HEADER, _BODY = 1, 2, 3
_END: Final = b"\xce"
_BASIC: Final = 60
_PUBLISH: Final = b"\x00\x3c\x00\x28\x00\x00"  # class 60, method 40, a reserved number
_FLAGS: Final = 0x8000 | 0x2000 | 0x1000 | 0x0080 | 0x0020  # content type, headers, delivery mode, message id, type
_CORRELATED: Final = 0x0400
_TRANSIENT_FLAGS: Final = 0x8000 | 0x1000 | 0x0020  # content type, delivery mode, type
_SHAPE: Final = _CONTENT.size - _FRAME.size
"""Bytes of a content header before its properties."""


def frames(publication: Publication, channel: int, most: int) -> bytes:
    """The frames of one message: method, header, body. `most`: the largest number of bytes in one frame of the body.

    Raises ValueError for an id or a type of more than 255 bytes.
    """
    envelope = publication.envelope
    headers = {**envelope.headers, **publication.headers} if publication.headers else envelope.headers
    correlated = envelope.correlation_id
    properties = b"".join(
        (
            _CONTENT_TYPE,
            _table(headers),
            _DELIVERY_MODE,
            b"" if correlated is None else _short(correlated),
            _short(envelope.message_id),
            _known(envelope.type),
        )
    )
    body = envelope.body
    flags = _FLAGS if correlated is None else _FLAGS | _CORRELATED
    size = len(body)
    return b"".join(
        (
            _method(channel, publication.exchange, publication.routing_key, publication.mandatory),
            _CONTENT.pack(_HEADER, channel, _SHAPE + len(properties), _BASIC, 0, size, flags),
            properties,
            _END,
            *(_part(body[at : at + most], channel) for at in range(0, size, most)),
        )
    )


def transient(exchange: str, routing_key: str, kind: str, body: bytes, channel: int) -> bytes:
    """The frames of a message that no disk keeps and nobody confirms. Its `body` fits into one frame.

    Raises ValueError for a routing key of more than 255 bytes.
    """
    properties = _CONTENT_TYPE + _TRANSIENT + _known(kind)
    arguments = _PUBLISH + _known(exchange) + _short(routing_key) + b"\0"
    return b"%b%b\xce%b%b\xce%b" % (
        _FRAME.pack(_METHOD, channel, len(arguments)),
        arguments,
        _CONTENT.pack(_HEADER, channel, _SHAPE + len(properties), _BASIC, 0, len(body), _TRANSIENT_FLAGS),
        properties,
        _part(body, channel),
    )


def _part(body: bytes, channel: int) -> bytes:
    return b"%b%b\xce" % (_FRAME.pack(_BODY, channel, len(body)), body)


def _short(text: str) -> bytes:
    """A short string: its length in one byte."""
    raw = text.encode()
    return b"%c%b" % (len(raw), raw) if len(raw) < 256 else _too_long(text)


def _too_long(text: str) -> bytes:
    raise ValueError(f"a text of {len(text)} characters does not fit into 255 bytes")


def _table(headers: Mapping[str, object]) -> bytes:
    """A table of headers. Nearly all have texts alone, and few names."""
    if not all(isinstance(value, str) for value in headers.values()):
        return bytes(encode.field_table(dict(headers)))  # type: ignore[arg-type]  # a dict of AMQP's own types
    rows = b"".join(
        b"%bS%b%b" % (_known(name), _LENGTH.pack(len(raw)), raw)
        for name, raw in ((name, str(value).encode()) for name, value in headers.items())
    )
    return _LENGTH.pack(len(rows)) + rows


@lru_cache(maxsize=100)
def _known(text: str) -> bytes:
    """A text out of a small set."""
    return _short(text)


@lru_cache(maxsize=100)
def _method(channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    arguments = _PUBLISH + _short(exchange) + _short(routing_key) + bytes([mandatory])
    return _FRAME.pack(_METHOD, channel, len(arguments)) + arguments + _END


_CONTENT_TYPE: Final = _short(CONTENT_TYPE)
_DELIVERY_MODE: Final = bytes([PERSISTENT])
_TRANSIENT: Final = b"\x01"
"""The other delivery mode."""
