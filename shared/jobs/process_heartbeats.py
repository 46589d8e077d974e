"""Tells the database every few seconds how this process does, and reads how the others do
(sql/process_heartbeats.sql)."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from time import monotonic
from typing import Any, Final, Self

import structlog

from shared.database import Database, Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.errors import PunctualError
from shared.process.heartbeats import stalled
from shared.process.instance import instance
from shared.process.loops import run_loop
from shared.safe_text import storable

log = structlog.get_logger("shared.jobs")

EVERY: Final = 2.0
"""Seconds between two heartbeats."""
SILENT: Final = 10.0
"""Seconds without a heartbeat after which a process counts as silent."""
LAST_WORD: Final = 2.0
"""Seconds that a stop waits for its heartbeat to be written."""
LONGEST: Final = 300
"""Characters of the words about a server that is away."""
MOST: Final = 200
"""Processes that are read at once."""
_SQL: Final = statements("shared.jobs.sql", "process_heartbeats.sql")


class Role(StrEnum):
    """What a process does for mail to go out. An API with a relay inside has the relay's row."""

    NOTIFIER = "notifier"  # takes messages and sends mail
    RELAY = "relay"  # hands due jobs to RabbitMQ


class ProcessState(StrEnum):
    SERVING = "serving"
    STOPPING = "stopping"  # finishes what it has begun
    STANDING_STILL = "standing still"  # a background loop of it does not come on


@dataclass(frozen=True, slots=True)
class EmailRate:
    """The largest number of mails a second, of one notifier, or (`is_shared`) of all together."""

    per_second: float
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a process does. `slots`: jobs that it may work on at once, `in_flight`: those that it works on; `consumes`:
    the queues that it takes messages from; `broker`, `mail_server`: why it does not reach them, None while it does;
    `email_rate`: None without a limit."""

    slots: int = 0
    in_flight: int = 0
    consumes: Sequence[str] = ()
    broker: str | None = None
    mail_server: str | None = None
    email_rate: EmailRate | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """What a process has said last. `loops` stand still; `clock_ahead`: seconds that its clock is ahead of the
    database's; `silent_for`: seconds since it has said so."""

    role: Role
    process: str
    host: str
    version: str
    state: ProcessState
    slots: int
    in_flight: int
    consumes: Sequence[str]
    loops: Sequence[str]
    broker: str | None
    mail_server: str | None
    clock_ahead: float
    started_at: datetime
    seen_at: datetime
    silent_for: float
    email_rate: EmailRate | None = None

    @property
    def is_silent(self) -> bool:
        """Killed, stopped, cut off from the database, or so busy that it does not come to its heartbeat."""
        return self.silent_for > SILENT

    @classmethod
    def from_row(cls, row: Row) -> Self:
        rate = None if row["email_rate"] is None else EmailRate(row["email_rate"], bool(row["email_rate_is_shared"]))
        known = {"role": Role(row["role"]), "state": ProcessState(row["state"]), "email_rate": rate}
        return cls(**({name: row[name] for name in cls.__slots__} | known))


class ProcessHeartbeat:
    """The heartbeat of this process in one role."""

    def __init__(
        self,
        database: Database,
        role: Role,
        vitals: Callable[[], Vitals],
        *,
        process: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`process` names it, by host and process id unless given; `clock` is the one that is compared with the
        database's."""
        self._database = database
        self._role = role
        self._vitals = vitals
        self._process = process or instance()
        self._clock = clock
        self._version = version("punctual")  # reads a file
        self._clock_ahead = 0.0
        self._began = monotonic()
        self._stopping = False

    async def run(self) -> None:
        """Beats until cancelled."""
        await run_loop("process-heartbeat", self._turn)

    async def stopping(self) -> None:
        """Says at once that this process takes nothing more, and goes on to say so."""
        self._stopping = True
        await self._last_word(self.beat())

    async def leave(self) -> None:
        """Says that this process has ended in order; to be called when `run` has ended. One that cannot say so falls
        silent, and is forgotten after an hour."""
        await self._last_word(self._database.execute(_SQL["leave"], self._role, self._process))

    async def beat(self) -> None:
        """One heartbeat. Raises DatabaseUnavailable."""
        vitals, loops = self._vitals(), stalled()
        state = ProcessState.STANDING_STILL if loops else ProcessState.SERVING
        asked, began = self._clock(), monotonic()
        [row] = await self._database.fetch(
            _SQL["beat"],
            self._role,
            self._process,
            socket.gethostname(),
            self._version,
            ProcessState.STOPPING if self._stopping else state,
            vitals.slots,
            vitals.in_flight,
            list(vitals.consumes),
            loops,
            _said(vitals.broker),
            _said(vitals.mail_server),
            self._clock_ahead,
            began - self._began,
            None if vitals.email_rate is None else vitals.email_rate.per_second,
            None if vitals.email_rate is None else vitals.email_rate.is_shared,
        )
        self._compare(asked, row["now"], took=monotonic() - began)

    async def _turn(self) -> float:
        await self.beat()
        return EVERY

    def _compare(self, asked: datetime, answered: datetime, *, took: float) -> None:
        """The answer was given at some moment of the round trip: only more than that says that the clocks differ. The
        next heartbeat tells it."""
        ahead = (asked - answered).total_seconds() + took / 2
        self._clock_ahead = ahead if abs(ahead) > took / 2 else 0.0

    async def _last_word(self, word: Coroutine[Any, Any, object]) -> None:
        """Nobody waits for its end: the driver, when it gives a statement up, waits for the server once more."""
        task = asyncio.create_task(word, name="process-heartbeat-last-word")
        await asyncio.wait({task}, timeout=LAST_WORD)
        if not task.done():
            task.cancel()
        elif isinstance(error := task.exception(), PunctualError):
            log.debug("heartbeat not written at the end, its row grows old", error=str(error))
        elif error is not None:
            raise error


def _said(words: str | None) -> str | None:
    """Some of it comes from outside."""
    return None if words is None else storable(words, longest=LONGEST)


async def known(executor: Executor) -> list[Process]:
    """Every process that has been seen within an hour and has not ended in order; the one seen last first."""
    return [Process.from_row(row) for row in await executor.fetch(_SQL["known"], MOST)]
