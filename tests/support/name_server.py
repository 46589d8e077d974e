"""A name server on loopback with the records of a test."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from dnslib import AAAA, MX, PTR, QTYPE, RCODE, RR, TXT, A, DNSRecord

_KINDS: Final = {"A": A, "AAAA": AAAA, "MX": MX, "PTR": PTR}
Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records by name and kind; the value "SERVFAIL" is that answer, and "silence" is none."""


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = {(name.lower(), kind): values for (name, kind), values in zone.items()}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        asked = DNSRecord.parse(data)
        name, kind = str(asked.q.qname).rstrip(".").lower(), QTYPE[asked.q.qtype]
        values = self._zone.get((name, kind), ())
        if "silence" in values or self._transport is None:
            return
        reply = asked.reply()
        if "SERVFAIL" in values:
            reply.header.rcode = RCODE.SERVFAIL
        elif not any(known == name for known, _ in self._zone):
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            for value in values:
                reply.add_answer(RR(asked.q.qname, asked.q.qtype, rdata=_data(kind, value)))
        self._transport.sendto(reply.pack(), peer)


def _data(kind: str, value: str) -> object:
    if kind == "TXT":  # strings of 255 bytes at most make one record
        raw = value.encode()
        return TXT([raw[at : at + 255] for at in range(0, len(raw), 255)] or [b""])
    return _KINDS[kind](value)


@asynccontextmanager
async def a_name_server(zone: Zone) -> AsyncIterator[str]:
    """ADDRESS:PORT of a server that answers from the zone, as long as the block lasts."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Answers(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
