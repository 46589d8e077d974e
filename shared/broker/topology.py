"""The broker's exchanges, queues and bindings, as data; `declaring` applies them. Pure.

Its arguments are those that RabbitMQ 3.10 to 4.3 all accept: durable quorum queues with at-least-once dead-lettering
(which requires reject-publish), and no argument that a newer broker refuses.
https://www.rabbitmq.com/docs/quorum-queues
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.jobs.model import Priority
from shared.process.backoff import format_duration

WORK: Final = "notifications"
DELAYED: Final = "notifications.delayed"
RETRY: Final = "notifications.retry"
DEAD_LETTERS: Final = "notifications.dlx"
DEAD: Final = "notifications.dead"
LIVE: Final = "notifications.live"

DELIVERY_LIMIT: Final = 20
"""Deliveries before a work message counts as poison. Crashes of a consumer count; orderly returns may count, too."""
DEAD_DELIVERY_LIMIT: Final = 1_000_000
"""RabbitMQ 4.0 and later default to 20. That would drop messages that the recorder cannot store during an outage."""


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    type: Literal["topic", "direct", "fanout", "x-delayed-message"]
    durable: bool = True
    arguments: Mapping[str, str] = field(default_factory=dict)


DELAYED_EXCHANGE: Final = Exchange(DELAYED, "x-delayed-message", arguments={"x-delayed-type": "direct"})
LIVE_EXCHANGE: Final = Exchange(LIVE, "topic", durable=False)


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    arguments: Mapping[str, str | int]
    bindings: Sequence[tuple[str, str]]  # (exchange, routing key)


@dataclass(frozen=True, slots=True)
class Topology:
    exchanges: Sequence[Exchange]
    queues: Sequence[Queue]


def work_queue(priority: Priority) -> str:
    return f"{WORK}.{priority}"


def retry_key(delay: float, priority: Priority) -> str:
    """The routing key of a retry step, such as "30s.high"; dead-lettering keeps it, so priority survives."""
    return f"{format_duration(delay)}.{priority}"


def topology(retry_steps: Sequence[float], *, delayed: bool = False) -> Topology:
    """The exchanges, queues and bindings for these backoff steps (seconds). `delayed`: the broker has the type
    x-delayed-message."""
    exchanges = [
        Exchange(WORK, "topic"),
        Exchange(RETRY, "topic"),
        Exchange(DEAD_LETTERS, "topic"),
        LIVE_EXCHANGE,
    ]
    queues = [_work(priority) for priority in Priority]
    queues += [_retry(step) for step in dict.fromkeys(retry_steps)]
    queues.append(
        Queue(DEAD, {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}, [(DEAD_LETTERS, "#")])
    )
    if delayed:
        exchanges.append(DELAYED_EXCHANGE)
        queues = [_also_delayed(queue) for queue in queues]
    return Topology(exchanges, queues)


def _dead_lettering(exchange: str) -> dict[str, str | int]:
    return {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
    }


def _work(priority: Priority) -> Queue:
    arguments = _dead_lettering(DEAD_LETTERS) | {"x-delivery-limit": DELIVERY_LIMIT}
    # "#.high": the key itself, also behind the prefix of a retry step
    return Queue(work_queue(priority), arguments, [(WORK, f"#.{priority}")])


def _retry(step: float) -> Queue:
    name = format_duration(step)
    arguments = _dead_lettering(WORK) | {"x-message-ttl": round(step * 1000)}
    return Queue(f"{RETRY}.{name}", arguments, [(RETRY, f"{name}.*")])


def _also_delayed(queue: Queue) -> Queue:
    keys = [priority for priority in Priority if queue.name == work_queue(priority)]
    return Queue(queue.name, queue.arguments, [*queue.bindings, *((DELAYED, key) for key in keys)])
