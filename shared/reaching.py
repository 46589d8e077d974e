"""Turns what aio-pika and aiormq raise about a broker that is away into our own error."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiormq

from shared.errors import BrokerUnavailable
from shared.lifecycle import is_cancelled

AWAY: Final = (
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    ConnectionError,
    OSError,
    TimeoutError,
    RuntimeError,  # aio-pika: "connection closed" and its kin
    StopAsyncIteration,  # aiormq: the connection was reset in the middle of its handshake
)


@contextmanager
def reaching() -> Iterator[None]:
    """Raises BrokerUnavailable for what the drivers raise about a broker that is away or refuses.

    A CancelledError that nobody has asked for is such a thing too: aiormq cancels what waits on a connection that ends,
    and the waiting task would end with it, unnoticed.
    """
    try:
        yield
    except AWAY as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise BrokerUnavailable("the connection ended") from error
