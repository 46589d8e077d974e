"""A client that does not read: little waits for it, it is closed, and it loses nothing."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from prometheus_client import REGISTRY

from tests.integration.stream.conftest import Serve, Teller, a_stream, a_token, ended
from tests.support.events import PATH
from tests.support.waiting import eventually

BODY = "x" * 4_000
TITLES = [f"number {number}" for number in range(300)]
MOST_WAITING = 400_000
"""Bytes: what may wait here for a client, in this process and in both kernels, with room to spare."""


@asynccontextmanager
async def one_who_stops_reading(url: str) -> AsyncIterator[str]:
    """Opens a stream and reads its first event, whose id it yields; what comes then it leaves where it is."""
    place = urlsplit(url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (place.hostname, place.port))
        head = f"GET {PATH} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {a_token()}\r\n\r\n"
        await loop.sock_sendall(connection, head.encode())
        received = ""
        while (match := re.search(r"^id: (\S+)\r?\n", received, re.MULTILINE)) is None:
            received += (await loop.sock_recv(connection, 1_024)).decode()
        yield match[1]


def written() -> float:
    """Notifications that this process has written to streams."""
    return REGISTRY.get_sample_value("punctual_stream_events_total", {"event": "notification"}) or 0.0


async def test_one_who_does_not_read_is_closed_in_time_and_misses_nothing(serve: Serve, teller: Teller) -> None:
    slow, before = ended("slow"), written()
    async with serve(stream_write_timeout=0.5) as url, one_who_stops_reading(url) as last_id:
        await teller.tell(*TITLES, body=BODY)
        await eventually(lambda: ended("slow") == slow + 1)
        assert (written() - before) * len(BODY) < MOST_WAITING < len(TITLES) * len(BODY)
        async with a_stream(url, after=last_id) as resumed:
            await resumed.heard(*TITLES)


async def test_one_who_does_not_read_does_not_hold_up_the_stop(serve: Serve, teller: Teller) -> None:
    stopping, before = ended("stopping"), written()
    async with AsyncExitStack() as after_the_stop:
        async with serve(stream_write_timeout=60.0) as url:
            await after_the_stop.enter_async_context(one_who_stops_reading(url))
            await teller.tell(*TITLES, body=BODY)
            await eventually(lambda: written() > before)
            started = asyncio.get_running_loop().time()
        # far below the time after which aiohttp cancels what still runs
        assert asyncio.get_running_loop().time() - started < 40
    assert ended("stopping") == stopping + 1
