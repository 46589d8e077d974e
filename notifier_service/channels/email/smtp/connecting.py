"""Connects to a mail server whose name may have several addresses, some of which may not answer.

An attempt that nobody answers takes minutes to fail, longer than the whole step may take. So the next address is tried
beside it after a short while (RFC 8305, Happy Eyeballs). A host with a broken IPv6 route needs this.
"""

import asyncio
import socket
from typing import Final

import aiosmtplib
from aiohappyeyeballs import start_connection

NEXT_AFTER: Final = 0.25
"""Seconds until the next address is tried (RFC 8305 §5)."""


async def connect(client: aiosmtplib.SMTP, host: str, port: int, *, timeout: float) -> aiosmtplib.SMTPResponse:
    """Connects a client that was made without a port. Returns the greeting. `timeout` in seconds, for the connection,
    and again for TLS and the greeting. Raises aiosmtplib's errors."""
    try:
        async with asyncio.timeout(timeout):
            connected = await _socket(host, port)
    except TimeoutError as error:
        raise aiosmtplib.SMTPConnectTimeoutError(f"Timed out connecting to {host} on port {port}") from error
    except (OSError, RuntimeError, UnicodeError) as error:  # uvloop: RuntimeError for a name that DNS cannot hold
        raise aiosmtplib.SMTPConnectError(f"Error connecting to {host} on port {port}: {error}") from error
    try:
        return await client.connect(sock=connected, timeout=timeout)
    except BaseException:
        connected.close()
        raise


async def _socket(host: str, port: int) -> socket.socket:
    addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await start_connection(addresses, happy_eyeballs_delay=NEXT_AFTER)
