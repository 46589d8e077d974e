"""Decodes the header and the body frame of a message (AMQP 0-9-1, §2.3.5). pamqp looks up the type of each property
anew, which takes longer than the rest of a delivery.

A frame that is not of the usual form is left to pamqp.
"""

from functools import cache
from struct import Struct
from typing import Any, Final

from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.broker.pamqp_4_0 import table, timestamp

_HEAD: Final = Struct(">BHIHHQH")  # type, channel, size of the frame; class, weight, size of the body, flags
_AT: Final = 7
"""The first byte behind a frame's own head."""
_END: Final = 0xCE
_BASIC: Final = 60
_UNUSUAL: Final = 0x0003
"""Flags of properties that there are not."""
_TIME: Final = 8


def header(frame: bytes) -> ContentHeader | None:
    """The content header in a whole frame; None if it is not of the usual form."""
    if len(frame) <= _HEAD.size:
        return None
    _, _, _, class_id, weight, size, flags = _HEAD.unpack_from(frame)
    if class_id != _BASIC or flags & _UNUSUAL or frame[-1] != _END:
        return None
    properties = _properties(frame, flags)
    if properties is None:
        return None
    found = ContentHeader(weight, size, properties)
    found.class_id = class_id
    return found


def body(frame: bytes) -> ContentBody | None:
    """The content in a whole frame; None if it is not of the usual form."""
    return ContentBody(frame[_AT:-1]) if len(frame) > _AT + 1 and frame[-1] == _END else None


def _properties(frame: bytes, flags: int) -> Basic.Properties | None:
    """None if they do not fill the frame."""
    found = Basic.Properties()
    at, end = _HEAD.size, len(frame) - 1
    value: Any
    for name, kind in _present(flags):
        if at >= end:
            return None
        begin = at
        if kind == "shortstr":
            at += 1 + frame[at]
            value = frame[begin + 1 : at].decode("utf-8", "surrogateescape")
        elif kind == "octet":
            at += 1
            value = frame[begin]
        elif kind == "table":
            at += 4 + int.from_bytes(frame[at : at + 4])
            value = table(frame[begin:at])[1] if at <= end else None
        else:
            at += _TIME
            value = timestamp(frame[begin:at])[1] if at <= end else None
        setattr(found, name, value)
    return found if at == end else None


@cache
def _present(flags: int) -> tuple[tuple[str, str], ...]:
    """The properties that a header has, in order, with their types. Messages of the broker have few sets of them."""
    names = [name for name in Basic.Properties.__slots__ if flags & Basic.Properties.flags[name]]
    return tuple((name, Basic.Properties.amqp_type(name)) for name in names)
