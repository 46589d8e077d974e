"""An envelope with its destination, and the AMQP message made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pamqp.commands import Basic

from shared.broker.confirms import OutgoingMessage
from shared.jobs.envelope import CONTENT_TYPE, PERSISTENT, Envelope


@dataclass(frozen=True, slots=True)
class Publication:
    """An envelope with its exchange and routing key. A delayed message must not be `mandatory`: the delayed exchange
    answers NO_ROUTE for every message that it holds."""

    exchange: str
    routing_key: str
    envelope: Envelope
    mandatory: bool = True
    headers: Mapping[str, int] = field(default_factory=dict)

    @property
    def message(self) -> OutgoingMessage:
        return OutgoingMessage(
            Basic.Publish(exchange=self.exchange, routing_key=self.routing_key, mandatory=self.mandatory),
            Basic.Properties(
                content_type=CONTENT_TYPE,
                delivery_mode=PERSISTENT,
                message_id=self.envelope.message_id,
                message_type=self.envelope.type,
                correlation_id=self.envelope.correlation_id,
                headers={**self.envelope.headers, **self.headers},
            ),
            self.envelope.body,
        )
