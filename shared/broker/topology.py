"""The broker's exchanges, queues and bindings, as data; `declaring` applies them. Pure.

Its arguments are those that RabbitMQ 3.10 to 4.3 all accept: durable quorum queues with at-least-once dead-lettering
(which requires reject-publish), and no argument that a newer broker refuses.
https://www.rabbitmq.com/docs/quorum-queues
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.jobs.work_queues import PREFIX, WorkQueue, work_queues
from shared.process.backoff import format_duration

WORK: Final = PREFIX
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


def retry_key(delay: float, queue: WorkQueue) -> str:
    """The routing key of a retry step, such as "30s.high"; dead-lettering keeps it, so priority and shard survive."""
    return f"{format_duration(delay)}.{queue.key}"


def topology(retry_steps: Sequence[float], *, shards: int = 1, delayed: bool = False) -> Topology:
    """The exchanges, queues and bindings for these backoff steps (seconds). `shards`: work queues for each priority.
    `delayed`: the broker has the type x-delayed-message."""
    exchanges = [
        Exchange(WORK, "topic"),
        Exchange(RETRY, "topic"),
        Exchange(DEAD_LETTERS, "topic"),
        LIVE_EXCHANGE,
    ]
    queues = [_work(queue, delayed=delayed) for queue in work_queues(shards)]
    queues += [_retry(step, sharded=shards > 1) for step in dict.fromkeys(retry_steps)]
    queues.append(
        Queue(DEAD, {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}, [(DEAD_LETTERS, "#")])
    )
    if delayed:
        exchanges.append(DELAYED_EXCHANGE)
    return Topology(exchanges, queues)


def _dead_lettering(exchange: str) -> dict[str, str | int]:
    return {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
    }


def _work(queue: WorkQueue, *, delayed: bool) -> Queue:
    arguments = _dead_lettering(DEAD_LETTERS) | {"x-delivery-limit": DELIVERY_LIMIT}
    # "#.high": the key itself, also behind the prefix of a retry step
    bindings = [(WORK, f"#.{queue.key}"), *([(DELAYED, queue.key)] if delayed else [])]
    return Queue(queue.name, arguments, bindings)


def _retry(step: float, *, sharded: bool) -> Queue:
    """The messages of all shards wait in one queue a step: retries are few, and each keeps its key."""
    name = format_duration(step)
    arguments = _dead_lettering(WORK) | {"x-message-ttl": round(step * 1000)}
    keys = [f"{name}.*", *([f"{name}.*.*"] if sharded else [])]
    return Queue(f"{RETRY}.{name}", arguments, [(RETRY, key) for key in keys])
