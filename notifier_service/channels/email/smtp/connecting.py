"""Connects to a mail server whose name may have several addresses, of which some may not answer.

A connection that nothing answers takes minutes to fail, longer than the whole step may: so the next address is tried
beside it after a short while (RFC 8305, Happy Eyeballs), as a host with a broken IPv6 route needs it.
"""

import asyncio
import socket
from typing import Final

import aiosmtplib
from aiohappyeyeballs import start_connection

NEXT_AFTER: Final = 0.25
"""Seconds until the next address is tried (RFC 8305 §5)."""


async def connect(client: aiosmtplib.SMTP, host: str, port: int, *, timeout: float) -> aiosmtplib.SMTPResponse:
    """The greeting of a client that was made without a port. `timeout` in seconds, for the connection and then for TLS
    and the greeting. Raises aiosmtplib's errors."""
    try:
        async with asyncio.timeout(timeout):
            connected = await _socket(host, port)
    except TimeoutError as error:
        raise aiosmtplib.SMTPConnectTimeoutError(f"Timed out connecting to {host} on port {port}") from error
    except (OSError, RuntimeError, UnicodeError) as error:  # uvloop: RuntimeError; a name that no DNS can hold
        raise aiosmtplib.SMTPConnectError(f"Error connecting to {host} on port {port}: {error}") from error
    try:
        return await client.connect(sock=connected, timeout=timeout)
    except BaseException:
        connected.close()
        raise


async def _socket(host: str, port: int) -> socket.socket:
    addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await start_connection(addresses, happy_eyeballs_delay=NEXT_AFTER)
