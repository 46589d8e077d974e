"""Releases parked mails when a mail server takes mail again: the nearest visit first, a window of them at a time."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final

from api_service.relay.publishing import TicketPublisher
from shared.database import Database, leader
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Priority
from shared.jobs.store import ParkedStanding
from shared.jobs.work_queues import WorkQueue
from shared.process.loops import run_loop

TASK: Final = "parked-mails"
EVERY: Final = 1.0
"""Seconds between two turns."""
LEADS: Final = 5.0
"""Seconds until another relay releases in place of one that has vanished."""
WINDOW: Final = 1_000
"""Messages that wait in a queue at most while mails are released. The others wait in the table, where their order is
known, and where an operator can hold them back."""
TRIED_EVERY: Final = 10.0
"""Seconds between two mails of a queue while no mail server takes mail."""
LEASE: Final = 10.0
"""Seconds until a mail whose message the broker did not confirm is held again."""


class ReleaseAllowance:
    """Mails that may be released by now, at a pace. Pure."""

    def __init__(self) -> None:
        self._left = 0.0
        self._at: float | None = None

    def now(self, moment: float, pace: float | None) -> int:
        """The number of mails; those of a second at most gather. Without a pace there is no limit.

        >>> allowance = ReleaseAllowance()
        >>> [allowance.now(moment, 0.5) for moment in (0.0, 1.0, 2.0, 60.0)], allowance.now(61.0, None) == WINDOW
        ([0, 0, 1, 1], True)
        """
        since = 0.0 if self._at is None else moment - self._at
        self._at = moment
        if pace is None:
            return WINDOW
        self._left = min(self._left + since * pace, max(pace * EVERY, 1.0))
        return int(self._left)

    def used(self, mails: int) -> None:
        self._left = max(self._left - mails, 0.0)


class ParkedMails:
    """One relay, the leader, releases for all."""

    def __init__(
        self,
        database: Database,
        publisher: TicketPublisher,
        depths: Callable[[], Awaitable[Mapping[str, int | None]]],
    ) -> None:
        """`depths`: the number of messages that wait in each queue; a queue is missing where nobody knows."""
        self._database = database
        self._publisher = publisher
        self._depths = depths
        self._holder = str(new_id())
        self._allowance = ReleaseAllowance()
        self._tried_at: dict[Priority, float] = {}

    async def run(self) -> None:
        """Releases until cancelled, while there is a broker."""
        await run_loop("relay-parked", self._turn, ready=self._publisher.wait_connected)

    async def _turn(self) -> float:
        standing = await job_store.parked_standing(self._database)
        if standing.any_parked and await leader.lead(self._database, TASK, holder=self._holder, seconds=LEADS):
            await self._release(standing)
        return EVERY

    async def _release(self, standing: ParkedStanding) -> None:
        depths = await self._depths()
        allowed = self._allowance.now(monotonic(), standing.pace)
        answers = standing.answers is not False  # notifiers of an older release do not say it
        for queue in Priority:
            room = _room(queue, depths)
            limit = min(room, allowed) if answers else self._for_trial(queue)
            if limit > 0:
                allowed -= await self._release_of(queue, limit, answers=answers)

    async def _release_of(self, queue: Priority, limit: int, *, answers: bool) -> int:
        tickets = await job_store.release_parked(self._database, queue, limit=limit, answers=answers, lease=LEASE)
        await self._publisher.publish(tickets, "sweep")
        self._allowance.used(len(tickets))
        return len(tickets)

    def _for_trial(self, queue: Priority) -> int:
        """One mail now and then."""
        if monotonic() - self._tried_at.get(queue, 0.0) < TRIED_EVERY:
            return 0
        self._tried_at[queue] = monotonic()
        return 1


def _room(priority: Priority, depths: Mapping[str, int | None]) -> int:
    """The number of messages that may join those of a priority; 0 where nobody knows how many wait."""
    known = [depth or 0 for name, depth in depths.items() if _is_of(name, priority)]
    return WINDOW - sum(known) if known else 0


def _is_of(name: str, priority: Priority) -> bool:
    queue = WorkQueue.from_key(name)
    return queue is not None and queue.priority is priority
