"""The signs by which the verdict judges whether mail is going out. They are read in health.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.jobs.model import Priority
from shared.jobs.process_heartbeats import Process, Role
from shared.jobs.work_queues import WorkQueue, work_queues


@dataclass(frozen=True, slots=True)
class ParkedFinding:
    """Mails that wait for a mail server: how many, since when the first does, and why in our words."""

    jobs: int
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class RetriedJobs:
    """Jobs that have failed and are tried again: how many, and their most frequent cause."""

    jobs: int = 0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """What there is to judge by, all as of `now`, the database's time.

    `lacks`: the migration that the schema lacks; `writable`: whether the database takes writes; `processes`: all that
    have sent heartbeats; `queues`: all work queues; `oldest`: seconds that the oldest due job of each priority has
    waited; `claimed`: seconds since any job was claimed; `clock_ahead`: seconds that the clock of the process that
    judges is ahead.
    """

    now: datetime
    lacks: str | None = None
    writable: bool = True
    processes: Sequence[Process] = ()
    queues: Sequence[WorkQueue] = work_queues(1)
    paused: Sequence[Priority] = ()
    paused_shards: Sequence[WorkQueue] = ()
    oldest: Mapping[Priority, float] | None = None
    parked: ParkedFinding | None = None
    retrying: RetriedJobs = RetriedJobs()
    claimed: float | None = None
    clock_ahead: float = 0.0
    sent_last_hour: int = 0
    failed_last_hour: int = 0
    last_sent: datetime | None = None

    def of(self, role: Role) -> list[Process]:
        """Those of a role that are not silent."""
        return [each for each in self.processes if each.role is role and not each.is_silent]

    @property
    def waited(self) -> float:
        """Seconds that the oldest due job has waited; 0 when none waits."""
        return max((self.oldest or {}).values(), default=0.0)
