"""RabbitMQ as both services use it: connections that come back, publishing with confirms, subscriptions.

What others may import stands in `__all__`.
"""

from shared.broker.connection import BrokerSession, sessions
from shared.broker.parcel import Parcel
from shared.broker.probe import DelayedExchange, probe_delayed_exchange
from shared.broker.publisher import Publisher
from shared.broker.subscription import Delivery, Subscription

__all__ = [
    "BrokerSession",
    "DelayedExchange",
    "Delivery",
    "Parcel",
    "Publisher",
    "Subscription",
    "probe_delayed_exchange",
    "sessions",
]
