"""Publishes messages of any bytes: properties and routing keys that no client library would send."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from pamqp import commands, constants, frame
from pamqp.base import Frame

from shared.broker.pamqp_4_0 import take_any_bytes

# the order and the flags of AMQP 0-9-1's basic properties; the values of these are short strings, but for some
_FLAGS: Final = {
    "content_type": 15,
    "content_encoding": 14,
    "headers": 13,
    "delivery_mode": 12,
    "priority": 11,
    "correlation_id": 10,
    "reply_to": 9,
    "expiration": 8,
    "message_id": 7,
    "timestamp": 6,
    "type": 5,
    "user_id": 4,
    "app_id": 3,
    "cluster_id": 2,
}
_BARE: Final = frozenset({"headers", "delivery_mode", "priority", "timestamp"})
_LARGEST: Final = 100_000


class Refused(Exception):
    """The broker has closed the channel or the connection."""


class RawPublisher:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[Self]:
        take_any_bytes()  # the broker quotes what it refuses
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        publisher = cls(reader, writer)
        try:
            await publisher._open(where.username or "", where.password or "", unquote(where.path[1:]))
            yield publisher
        finally:
            writer.transport.abort()

    async def publish(
        self,
        exchange: str,
        routing_key: bytes,
        body: bytes,
        properties: Mapping[str, bytes],
        *,
        table: bytes = b"",
        what: str = "",
    ) -> None:
        """One message; `properties` are bare bytes, `table` is what stands in the headers, `what` names it in an error.
        Raises Refused."""
        given = dict(properties) | ({"headers": struct.pack(">I", len(table)) + table} if table else {})
        flags = sum(1 << _FLAGS[name] for name in given)
        parts = [
            given[name] if name in _BARE else bytes([len(given[name][:255])]) + given[name][:255]
            for name in _FLAGS
            if name in given
        ]
        key = routing_key[:255]
        publish = struct.pack(">HHH", 60, 40, 0) + bytes([len(exchange)]) + exchange.encode()
        self._frame(1, publish + bytes([len(key)]) + key + b"\x00")
        self._frame(2, struct.pack(">HHQH", 60, 0, len(body), flags) + b"".join(parts))
        for at in range(0, len(body), _LARGEST):
            self._frame(3, body[at : at + _LARGEST])
        await self._expect(commands.Basic.Ack, what)

    async def _open(self, user: str, password: str, vhost: str) -> None:
        self._writer.write(b"AMQP\x00\x00\x09\x01")
        await self._expect(commands.Connection.Start)
        self._say(0, commands.Connection.StartOk({}, "PLAIN", f"\x00{user}\x00{password}", "en_US"))
        await self._expect(commands.Connection.Tune)
        self._say(0, commands.Connection.TuneOk(10, 131_072, 0))
        self._say(0, commands.Connection.Open(vhost))
        await self._expect(commands.Connection.OpenOk)
        self._say(1, commands.Channel.Open())
        await self._expect(commands.Channel.OpenOk)
        self._say(1, commands.Confirm.Select())
        await self._expect(commands.Confirm.SelectOk)

    def _say(self, channel: int, method: Frame) -> None:
        self._writer.write(frame.marshal(method, channel))

    def _frame(self, kind: int, payload: bytes) -> None:
        self._writer.write(struct.pack(">BHI", kind, 1, len(payload)) + payload + constants.FRAME_END_CHAR)

    async def _expect(self, wanted: type[Frame], what: str = "") -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    head = await self._reader.readexactly(7)
                    rest = await self._reader.readexactly(struct.unpack(">BHI", head)[2] + 1)
                except (asyncio.IncompleteReadError, ConnectionError) as error:
                    raise Refused(f"{what}: {error}") from error
                _, _, said = frame.unmarshal(head + rest)
                if isinstance(said, wanted):
                    return
                if isinstance(said, commands.Connection.Close | commands.Channel.Close):
                    raise Refused(f"{what}: {said.reply_text}")
