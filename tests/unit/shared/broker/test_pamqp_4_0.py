"""Messages of any bytes are decoded; this fails where another version of pamqp decodes otherwise."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, decode, encode, header

from shared.broker.pamqp_4_0 import table, take_any_bytes

FLAGS = commands.Basic.Properties.flags
TIMES = FLAGS["timestamp"]


def decoded(flags: int, content: bytes) -> commands.Basic.Properties:
    take_any_bytes()
    head = header.ContentHeader()
    head.unmarshal(struct.pack(">HHQH", 60, 0, 0, flags) + content)
    return head.properties


@given(st.binary(max_size=255))
def test_a_short_string_keeps_its_bytes(content: bytes) -> None:
    found = decoded(FLAGS["message_id"], bytes([len(content)]) + content).message_id
    assert found is not None
    assert found.encode("utf-8", "surrogateescape") == content


@given(st.integers(0, 2**64 - 1))
def test_any_time_is_decoded(seconds: int) -> None:
    found: object = decoded(TIMES, struct.pack(">Q", seconds)).timestamp
    assert found == seconds or found is not None


@given(st.binary(max_size=200))
def test_any_table_is_decoded(content: bytes) -> None:
    used, found = table(struct.pack(">I", len(content)) + content)
    assert used == len(content) + 4
    assert all(isinstance(key, str) for key in found)


TABLES = st.dictionaries(
    st.text(max_size=20).filter(lambda key: len(key.encode()) < 128),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**31), 2**31 - 1)
        | st.text(max_size=20)
        | st.floats(allow_nan=False, width=32),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=5,
)


@given(TABLES)
def test_an_honest_table_is_decoded_as_pamqp_does(values: dict[str, object]) -> None:
    content = encode.field_table(values)  # type: ignore[arg-type]
    assert table(content) == decode.field_table(content)


def test_a_table_that_is_nested_too_deeply_stays_bytes() -> None:
    value = b"V"
    for _ in range(10_000):
        value = b"F" + struct.pack(">I", len(value) + 2) + b"\x01n" + value
    content = b"\x01n" + value
    _, found = table(struct.pack(">I", len(content)) + content)
    depth, inside = 0, found
    while isinstance(inside, dict):
        depth, inside = depth + 1, inside["n"]
    assert isinstance(inside, bytes)
    assert depth == 33


def test_pamqp_asks_the_decoders_that_we_replace() -> None:
    assert {"shortstr", "table", "timestamp"} <= decode.METHODS.keys()
    take_any_bytes()
    take_any_bytes()
    assert decode.METHODS["table"] is table
