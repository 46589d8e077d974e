"""The broker's exchanges, queues and bindings, as data; broker.py applies it. Pure.

The arguments are those that RabbitMQ 3.10 to 4.3 all accept: quorum queues, durable, at-least-once
dead-lettering (which requires reject-publish), no argument that a newer broker refuses.
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
"""Deliveries before a work message counts as poison; crashes of a consumer count, orderly returns may."""
DEAD_DELIVERY_LIMIT: Final = 1_000_000
"""4.0 and later default to 20, which would drop what the recorder could not store during an outage."""


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
    """Everything Punctual declares, for these backoff steps (seconds).

    `delayed`: the broker has the x-delayed-message type.
    """
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
    # "#.high": the key itself, and the same behind a retry step's prefix
    return Queue(work_queue(priority), arguments, [(WORK, f"#.{priority}")])


def _retry(step: float) -> Queue:
    name = format_duration(step)
    arguments = _dead_lettering(WORK) | {"x-message-ttl": round(step * 1000)}
    return Queue(f"{RETRY}.{name}", arguments, [(RETRY, f"{name}.*")])


def _also_delayed(queue: Queue) -> Queue:
    keys = [priority for priority in Priority if queue.name == work_queue(priority)]
    return Queue(queue.name, queue.arguments, [*queue.bindings, *((DELAYED, key) for key in keys)])
