"""The limits of client connections: time-outs, and their number."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The longest waits, in seconds: for a request's head, for its body, for a client that does not read, and for the
    next request; and the largest number of connections."""

    head: float = 10.0
    body: float = 20.0
    write: float = 30.0
    idle: float = 75.0
    connections: int = 10_000


class BodyTooSlow(TimeoutError):
    """Raised in a handler that reads a body that did not arrive in time."""


def has_gone(transport: asyncio.BaseTransport | None) -> bool:
    """Whether nobody reads answers on this connection any more."""
    return transport is None or transport.is_closing()
