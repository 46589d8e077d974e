"""RabbitMQ for both services: connections that reconnect, publishing with confirms, subscriptions.

`__all__` lists the names that others may import.
"""

from shared.broker.connection import sessions
from shared.broker.delayed_exchange import DelayedExchange, probe_delayed_exchange
from shared.broker.delivery import Delivery
from shared.broker.publication import Publication
from shared.broker.publisher import Publisher
from shared.broker.session import BrokerSession
from shared.broker.subscription import Subscription, Which

__all__ = [
    "BrokerSession",
    "DelayedExchange",
    "Delivery",
    "Publication",
    "Publisher",
    "Subscription",
    "Which",
    "probe_delayed_exchange",
    "sessions",
]
