"""A message of odd bytes stops nobody's mail, and is kept whole."""

import base64
import json
import struct
from collections.abc import Awaitable
from typing import Any, Final

from tests.support.raw_amqp import RawPublisher
from tests.support.waiting import eventually
from tests.support.world import World

NOBODY: Final = "01a20b61-8d9e-762d-a1a5-40892a7d2830"
TICKET: Final[dict[str, Any]] = {
    "version": 1,
    "jobId": NOBODY,
    "attempt": 0,
    "kind": "appointment_created_email",
    "appointmentId": NOBODY,
    "dueAt": "2027-01-05T14:00:00Z",
}


def a_body(**changes: Any) -> bytes:
    return json.dumps(TICKET | changes).encode()


def a_table(*entries: tuple[bytes, bytes]) -> bytes:
    """Keys, and values with their type before them."""
    return b"".join(bytes([len(key)]) + key + value for key, value in entries)


def text(value: bytes) -> bytes:
    return b"S" + struct.pack(">I", len(value)) + value


def table(*entry: bytes) -> bytes:
    inside = a_table((entry[0], entry[1]))
    return b"F" + struct.pack(">I", len(inside)) + inside


def array(value: bytes) -> bytes:
    return b"A" + struct.pack(">I", len(value)) + value


EVERY_TYPE: Final = [
    (bytes([kind]), bytes([kind]) + b"\x01" * size)
    for kind, size in zip(b"tbBsuIilfdDTV", (1, 1, 1, 2, 2, 4, 4, 8, 4, 8, 5, 8, 0), strict=True)
] + [(b"x", b"x\x00\x00\x00\x02\xff\x00")]


def nested(depth: int) -> bytes:
    value = b"V"
    for _ in range(depth):
        value = table(b"n", value)
    return value


# key, body, properties, headers
ODD: Final[dict[str, tuple[bytes, bytes, dict[str, bytes], bytes]]] = {
    "NUL in the message id": (b"high", b"x", {"message_id": b"a\x00b"}, b""),
    "message id that is no UTF-8": (b"high", b"x", {"message_id": b"\xff\xfe"}, b""),
    "NUL in the content type": (b"high", b"x", {"content_type": b"text/\x00"}, b""),
    "content type that is no UTF-8": (b"high", b"x", {"content_type": b"\xc3("}, b""),
    "NUL in the type": (b"high", b"x", {"type": b"\x00"}, b""),
    "correlation id of a known job's form": (b"high", a_body(), {"correlation_id": b"\xed\xa0\x80\x00"}, b""),
    "NUL in a key that the retry steps end in": (b"\x00.high", b"x", {}, b""),
    "NUL in the kind": (b"high", a_body(kind="a\x00b"), {}, b""),
    "NUL in the job's id": (b"normal", a_body(jobId=NOBODY + "\x00"), {}, b""),
    "surrogate in the kind": (b"high", a_body(kind="\ud800"), {}, b""),
    "number beyond all": (b"high", a_body().replace(b'"attempt": 0', b'"attempt": 1e999'), {}, b""),
    "deep JSON": (b"high", b"[" * 100_000, {}, b""),
    "deep version": (b"high", b'{"version":' + b"[" * 1_000 + b"]" * 1_000 + b"}", {}, b""),
    "key twice": (b"high", a_body().replace(b"{", b'{"jobId": 5, "jobId": null, '), {}, b""),
    "no body": (b"high", b"", {}, b""),
    "a megabyte": (b"high", b"\x00" * 1_000_000, {}, b""),
    "time beyond the calendar": (b"high", b"x", {"timestamp": b"\xff" * 8}, b""),
    "every property": (b"normal", b"x", dict.fromkeys(("content_encoding", "reply_to", "app_id"), b"\x00\xff\\"), b""),
    "forged deaths": (b"high", b"x", {}, a_table((b"x-death", text(b"never")))),
    "forged death's queue": (b"high", b"x", {}, a_table((b"x-death", array(table(b"queue", b"t\x01"))))),
    "headers that are no text": (b"high", b"x", {}, a_table((b"\xff", text(b"\xff\x00")), (b"\x00", text(b"\\")))),
    "headers of every type": (b"high", b"x", {}, a_table(*EVERY_TYPE)),
    "traceparent of another type": (b"high", a_body(), {}, a_table((b"traceparent", b"I\x00\x00\x00\x01"))),
    "deep headers": (b"high", b"x", {}, a_table((b"deep", nested(5_000)))),
    "many headers": (b"high", b"x", {}, a_table(*((b"k%d" % n, b"b\x01") for n in range(9_000)))),
}  # fmt: skip


async def test_each_is_kept_whole_and_the_next_booking_is_told(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        operator = world.operator(api)
        client = world.client(api)
        await client.book()
        await eventually(lambda: world.mails("confirmed"))
        async with RawPublisher.at(world.amqp_url) as raw:
            for what, (key, body, properties, headers) in ODD.items():
                exchange = "notifications" if key in (b"high", b"normal") else "notifications.dlx"
                await raw.publish(exchange, key, body, properties, table=headers, what=what)

        async def kept() -> list[dict[str, Any]] | None:
            found = (await operator("GET", "/api/ops/dead-letters")).body["items"]
            return found if len(found) >= len(ODD) else None

        letters = await eventually(kept) or []
        assert sorted(base64.b64decode(each["bodyBase64"]) for each in letters) == sorted(
            b for _, b, _, _ in ODD.values()
        )
        assert {each["messageId"] for each in letters} == {None, r"a\x00b", r"\xff\xfe"}
        assert {each["contentType"] for each in letters} == {None, r"text/\x00", r"\xc3("}
        everything = [each for each in letters if "app_id" in each["properties"]]
        assert [each["properties"]["reply_to"] for each in everything] == [r"\x00\xff" + "\\\\"]
        said = [each["headers"] for each in letters]
        assert any(each.get(r"\xff") == r"\xff\x00" and each.get(r"\x00") == "\\\\" for each in said)

        appointment = await client.book()
        await eventually(lambda: len(world.mails("confirmed")) == 2)
        assert appointment["status"] == "booked"
        await notifier.shows('punctual_dead_letters_total{outcome="recorded"}', len(ODD))
    for service in (notifier, api):
        assert "Traceback" not in service.log.read_text()


async def test_what_is_missing_is_said_in_words(world: World) -> None:
    names = ("jobId", "attempt", "kind", "appointmentId", "dueAt")
    async with world.notifier():
        for missing in names:
            await world.publish("high", json.dumps({name: TICKET[name] for name in TICKET if name != missing}).encode())

        async def recorded() -> set[tuple[str, str]]:
            rows = await world.database.fetch("SELECT reason, detail FROM dead_letters")
            return {(row[0], row[1]) for row in rows}

        await eventually(lambda: _equal(recorded(), {("unreadable", f"{name} is missing") for name in names}))


async def _equal(found: Awaitable[object], wanted: object) -> bool:
    assert await found == wanted
    return True
