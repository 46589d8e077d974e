"""An envelope with its destination."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.jobs.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Publication:
    """An envelope with its exchange and routing key. A delayed message must not be `mandatory`: the delayed exchange
    answers NO_ROUTE for every message that it holds. No two publications under way have the same message id."""

    exchange: str
    routing_key: str
    envelope: Envelope
    mandatory: bool = True
    headers: Mapping[str, int] = field(default_factory=dict)
