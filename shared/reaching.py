"""Turns what aio-pika and aiormq raise about a broker that is away into our own error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiormq

from shared.errors import BrokerUnavailable

AWAY: Final = (
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    ConnectionError,
    OSError,
    TimeoutError,
    RuntimeError,  # aio-pika: "connection closed" and its kin
)


@contextmanager
def reaching() -> Iterator[None]:
    """Raises BrokerUnavailable for what the drivers raise about a broker that is away or refuses."""
    try:
        yield
    except AWAY as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
