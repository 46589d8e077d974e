"""Hears NOTIFYs on a connection of its own, and reconnects for ever."""

import asyncio
import math
from collections.abc import Callable

from shared.database.errors import translated
from shared.database.hosts import Hosts
from shared.process.internal_errors import LoopName
from shared.process.loops import run_loop
from shared.process.tls import for_postgres


async def listening(url: str, channel: str, heard: Callable[[], None], *, name: LoopName = "relay-listen") -> None:
    """Calls `heard` for every NOTIFY on a channel, and after each reconnect, until cancelled.

    Raises ConfigurationError for an invalid URL.
    """
    plain, tls = for_postgres(url)
    hosts = Hosts(plain)

    async def turn() -> float:
        gone = asyncio.Event()
        with translated(connected=False):
            connection = await hosts.connect(ssl=tls, timeout=10)
        try:
            with translated(connected=False):
                connection.add_termination_listener(lambda _: gone.set())
                await connection.add_listener(channel, lambda *_: heard())
            heard()
            await gone.wait()
        finally:
            connection.terminate()
        return 0.0

    await run_loop(name, turn, may_take=math.inf)
