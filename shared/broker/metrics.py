"""What both services show of their dealings with the broker."""

from typing import Final

from prometheus_client import Gauge

from shared.broker import topology
from shared.process.metrics import closed

CANNOT_PUBLISH: Final = closed(
    Gauge(
        "punctual_publisher_blocked",
        "1 while nothing can be published to an exchange although there is a connection: its channel is closed again"
        " and again, or no queue takes what is published.",
        ["exchange"],
    ),
    (topology.WORK, topology.DELAYED, topology.RETRY),
)
CONFLICTS: Final = Gauge(
    "punctual_broker_conflicts",
    "1 for an exchange or queue that exists with another type or with other arguments than ours.",
    ["name"],
)
