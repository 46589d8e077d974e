"""Says how long one client's connection may keep us waiting, and how many connections there may be."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long is waited for a request's head, its body, and a reader that does not read (seconds each), and for the
    next request; and how many connections there may be."""

    head: float = 10.0
    body: float = 20.0
    write: float = 30.0
    idle: float = 75.0
    connections: int = 10_000


class BodyTooSlow(TimeoutError):
    """Raised in a handler that reads a body which did not arrive in time."""


def has_gone(transport: asyncio.BaseTransport | None) -> bool:
    """Whether nobody reads an answer on this connection any more."""
    return transport is None or transport.is_closing()
