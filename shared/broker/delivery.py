"""A message as the broker delivers it, before it is parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from shared.safe_text import storable

_DEATH: Final = {"queue": str, "reason": str, "exchange": str, "count": int, "routing-keys": list}
"""The keys of an entry of x-death: https://www.rabbitmq.com/docs/dlx"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that waits for its ack. `properties`, `headers` and `body` come from outside and may hold any bytes."""

    tag: int
    body: bytes
    exchange: str
    routing_key: str
    redelivered: bool
    properties: Basic.Properties

    @property
    def headers(self) -> Mapping[str, Any]:
        return self.properties.headers or {}

    @property
    def can_be_dead_lettered(self) -> bool:
        """Whether a broker can have written its x-death header. A forged header of another shape breaks the broker's
        dead-lettering (RabbitMQ 3.10): this message and all behind it stay in the queue, and no consumer sees them."""
        deaths = self.headers.get("x-death", [])
        return isinstance(deaths, list) and all(
            isinstance(death, dict) and all(isinstance(death.get(name), kind) for name, kind in _DEATH.items())
            for death in deaths
        )

    @property
    def correlation_id(self) -> str | None:
        """The correlation id, safe to log."""
        given = self.properties.correlation_id
        return None if given is None else storable(given)

    @classmethod
    def of(cls, message: DeliveredMessage) -> Self:
        return cls(
            tag=message.delivery_tag or 0,
            body=message.body,
            exchange=message.exchange or "",
            routing_key=message.routing_key or "",
            redelivered=bool(message.redelivered),
            properties=message.header.properties,
        )

    @classmethod
    def made(cls, deliver: Basic.Deliver, properties: Basic.Properties, body: bytes) -> Self:
        """Of the parts of a message."""
        return cls(
            tag=deliver.delivery_tag or 0,
            body=body,
            exchange=deliver.exchange or "",
            routing_key=deliver.routing_key or "",
            redelivered=deliver.redelivered,
            properties=properties,
        )

    @classmethod
    def none(cls) -> Self:
        """Stands for the message when a job is worked on without one."""
        return cls(0, b"", "", "", False, Basic.Properties())

    @property
    def known_id(self) -> str | None:
        """The message id for a log, if it can be one of our ids. Messages of others may hold anything there."""
        try:
            return str(UUID(self.properties.message_id or ""))
        except ValueError:
            return None
