"""Ends connections within bounds."""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractConnection

from shared.broker.errors import translated
from shared.errors import BrokerUnavailable

log = structlog.get_logger("shared.broker")

WITHIN: Final = 5.0
"""Seconds that the broker has to agree to an end."""


async def close(connection: AbstractConnection) -> None:
    """Closes a connection, whatever its state."""
    try:
        with translated():
            async with asyncio.timeout(WITHIN):
                await connection.close()
    except BrokerUnavailable as error:
        log.debug("broker connection closed uncleanly", error=str(error))
