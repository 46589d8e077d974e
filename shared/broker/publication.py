"""An envelope with its destination."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from shared.jobs.envelope import Envelope

_NO_HEADERS: Final[Mapping[str, int]] = MappingProxyType({})


class Publication(NamedTuple):
    """An envelope with its exchange and routing key. A delayed message must not be `mandatory`: the delayed exchange
    answers NO_ROUTE for every message that it holds. No two publications under way have the same message id."""

    exchange: str
    routing_key: str
    envelope: Envelope
    mandatory: bool = True
    headers: Mapping[str, int] = _NO_HEADERS
