"""The work queues of a deployment: one for each priority, or `SHARDS` of them. Pure.

A job's shard is a hash of its appointment's id. So all jobs of an appointment share a queue and stay in order, and who
publishes, retries or searches for a lost message computes the same queue from the row (docs/decisions/0036).
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Self
from uuid import UUID

from shared.jobs.model import Priority, Ticket

PREFIX: Final = "notifications"
"""The exchange of the work queues, and the beginning of their names."""
_KEY: Final = re.compile(r"(high|normal)(?:[.]([1-9][0-9]?))?")


@dataclass(frozen=True, slots=True, order=True)
class WorkQueue:
    """`shard`: its number from 1 on; 0 for the only queue of its priority."""

    priority: Priority
    shard: int = 0

    @classmethod
    def from_key(cls, key: str) -> Self | None:
        """The queue of a key or a full name; None when it is neither.

        >>> WorkQueue.from_key("notifications.high.3")
        WorkQueue(priority=<Priority.HIGH: 'high'>, shard=3)
        """
        found = _KEY.fullmatch(key.removeprefix(f"{PREFIX}."))
        return None if found is None else cls(Priority(found[1]), int(found[2] or 0))

    @property
    def key(self) -> str:
        """Its routing key, and its name in the database: "high", or "high.3"."""
        return f"{self.priority}.{self.shard}" if self.shard else str(self.priority)

    @property
    def name(self) -> str:
        """Its name in the broker, such as "notifications.high"."""
        return f"{PREFIX}.{self.key}"


@cache
def work_queues(shards: int) -> tuple[WorkQueue, ...]:
    """All work queues of a deployment with so many shards.

    >>> [queue.key for queue in work_queues(1)], [queue.key for queue in work_queues(2)]
    (['high', 'normal'], ['high.1', 'high.2', 'normal.1', 'normal.2'])
    """
    numbers = (0,) if shards == 1 else range(1, shards + 1)
    return tuple(WorkQueue(priority, number) for priority in Priority for number in numbers)


def shard_of(appointment_id: UUID, shards: int) -> int:
    """The number of an appointment's shard; 0 when there is only one.

    The last 32 bits of our ids are random (RFC 9562). `take_lost` (sql/recovering.sql) computes the same.

    >>> shard_of(UUID("01a2e325-4400-7000-8000-000000000005"), 4)
    2
    """
    return 0 if shards == 1 else (appointment_id.int & 0xFFFFFFFF) % shards + 1


def queue_of(ticket: Ticket, shards: int) -> WorkQueue:
    """The queue that a ticket is published to."""
    return _queue(ticket.priority, shard_of(ticket.appointment_id, shards))


@cache
def _queue(priority: Priority, shard: int) -> WorkQueue:
    return WorkQueue(priority, shard)
