"""Notices that a whole mail server is away or refuses us, and lets mails go again slowly when it is back.

An outage is not a failure: while the circuit is open, mails are parked and use up no retry. Refusals of one recipient
or one message never open it (outage_detection.py). After refusals of mail, only a mail can show that the server works
again: one at a time, with growing pauses.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic
from types import TracebackType
from typing import Final, Literal
from uuid import UUID

import structlog

from notifier_service.channels.email.smtp import metrics
from notifier_service.channels.email.smtp import outage_detection as evidence
from notifier_service.channels.email.smtp.errors import Cause, MailError
from notifier_service.channels.email.smtp.outage_detection import Run
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.circuit")

CLOSED_AT: Final = 64
"""Successful hand-overs at once that end the ramp."""
LONGEST_PARKED: Final = 60.0
"""Seconds within which a mail that was parked by an open circuit comes back."""

Pauses = tuple[float, float]
UNREACHABLE: Final[Pauses] = (1.0, 10.0)
REFUSED: Final[Pauses] = (1.0, 300.0)
LOGIN: Final[Pauses] = (60.0, 1800.0)
"""The first and the longest pause in seconds between two trials; each pause is twice the last. Short pauses are wrong:
servers lock accounts after a few logins."""


WORDS: Final[Mapping[Cause, str]] = {
    "closing": "the mail server closes our connections",
    "connections": "the mail server allows no connection",
    "busy": "the mail server takes no more for now",
    "login": "the mail server refuses our login",
    "name": "the mail server refuses our EHLO name",
    "sender": "the mail server refuses our sender",
    "permission": "the mail server refuses our mails",
    "protocol": "the mail server does not speak SMTP with us",
    "route": "the mail server cannot reach others",
    "system": "the mail server has a fault of its own",
    "tls": "no TLS with the mail server",
    "recipient": "the mail server refuses one recipient after the other",
    "message": "the mail server refuses one message after the other",
}


class _State(Enum):
    CLOSED = auto()
    OPEN = auto()
    TRIAL = auto()  # open; one mail shows whether the server takes mail again
    RAMP = auto()


class _Permit:
    """The permit of a hand-over. One object for all: hand-overs are counted, not told apart."""

    def __init__(self, circuit: "Circuit") -> None:
        self._circuit = circuit

    async def __aenter__(self) -> None:
        await self._circuit.enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._circuit.leave()


@dataclass(frozen=True, slots=True)
class Trial:
    """A parked mail that shows whether a server takes mail again. `run` returns when its attempt has ended."""

    job_id: UUID
    run: Callable[[], Awaitable[None]]


Which = Literal["oldest", "another"]
Choose = Callable[[Which], Awaitable[Trial | None]]
"""Chooses a parked mail: the oldest, or one to another recipient and domain; None when there is none."""


async def _whoever_comes(which: Which) -> Trial | None:
    return None


class Circuit:
    """closed → open (evidence of an outage) → ramp → closed; after refusals of mail: open → trial → ramp, or open
    again.

    The ramp is a slow start: one mail at a time, and one more at once after every successful mail.
    """

    def __init__(
        self,
        trouble: Callable[[], Awaitable[MailError | None]],
        *,
        choose: Choose = _whoever_comes,
        name: str = "main",
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = monotonic,
        shorten: float = 1.0,
    ) -> None:
        """`trouble`: asks why no connection can be opened. `choose`: chooses the mail of a trial; without one, the next
        mail is the trial. `jitter` in [0, 1). `shorten` divides pauses."""
        self._trouble = trouble
        self.choose = choose
        self.name = name
        self._jitter = jitter
        self._clock = clock
        self._shorten = shorten
        self._state = _State.CLOSED
        self._run = Run()
        self._opened = asyncio.Event()
        self._opened_at = 0.0
        self._only_mail_tells = False
        self._wanted: UUID | None = None
        self._trying: UUID | None = None
        self._pause = 0.0
        self._trial_over = asyncio.Event()
        self._allowed: int | None = None  # mails at once on the ramp; None: not on the ramp
        self._under_way = 0
        self._changed = asyncio.Event()  # set when fewer mails are under way
        self._permit = _Permit(self)

    @property
    def is_open(self) -> bool:
        return self._opened.is_set()

    @property
    def why(self) -> str:
        """The reason in a few words."""
        return WORDS.get(self._run.cause, "the mail server is away")

    def park_for(self) -> float:
        """Seconds that a mail should wait: more in a longer outage, at most a minute, and spread so that parked mails
        do not return together."""
        lasted = self._clock() - self._opened_at if self.is_open else 0.0
        return min(max(lasted / 2, 2.0), LONGEST_PARKED * 2 / 3) * (0.5 + self._jitter())

    def permit(self) -> "_Permit":
        """The permit for one hand-over. On the ramp it waits for its turn."""
        return self._permit

    async def enter(self) -> None:
        while self._allowed is not None and self._under_way >= self._allowed:
            self._changed.clear()
            await self._changed.wait()
        self._under_way += 1

    def leave(self) -> None:
        self._under_way -= 1
        self._changed.set()

    def may_still(self, job_id: UUID) -> bool:
        """Whether the mail may still go, after a wait."""
        return not self.is_open or self._trying == job_id

    def has_refused(self, recipient: str) -> bool:
        """Whether a mail to this recipient was refused since the server last took one."""
        return recipient in self._run

    def lets_through(self, job_id: UUID) -> bool:
        """Whether a job's mail may go: every mail while the circuit is closed, one during a trial. Call `ended`
        afterwards."""
        if not self.is_open:
            return True
        if self._state is _State.TRIAL and self._trying is None and self._wanted in (None, job_id):
            self._trying = job_id
            return True
        return False

    def ended(self, job_id: UUID) -> None:
        """To be called when a mail that was let through is no longer under way, whatever the outcome."""
        if self._trying == job_id:
            self._trying = None
            self._trial_over.set()

    def succeeded(self) -> None:
        """To be called when the server has taken a mail."""
        if self.is_open and self._state is not _State.TRIAL:
            return  # it had begun before the outage
        if self._run:
            self._run = Run()
        if self._state is _State.TRIAL:
            self._begin_ramp()
        if self._allowed is not None:
            self._allowed += 1
            if self._allowed >= CLOSED_AT:
                self._allowed = None
                self._state = _State.CLOSED
                log.info("mail server works again", server=self.name)

    def failed(self, error: MailError, recipient: str) -> None:
        """To be called when the server could not be reached, or has refused a mail to `recipient`."""
        self._run.add(error, recipient)
        if self.is_open:
            return
        certain = evidence.weight_of(error) == "certain"
        ramp = self._state is _State.RAMP
        enough = evidence.ENOUGH_ON_RAMP if ramp else evidence.ENOUGH
        if self._run.total >= enough or (certain and (ramp or error.cause == "login")):
            self._open()

    def _open(self) -> None:
        self._state = _State.OPEN
        self._allowed = None
        self._changed.set()
        self._opened_at = self._clock()
        self._pause = 0.0
        self._only_mail_tells = self._run.of_mail
        self._opened.set()
        self._show()
        log.warning("mail server is away, mails are parked", server=self.name, cause=self._run.cause)

    def _begin_ramp(self) -> None:
        log.info("mail server answers again", server=self.name, away_for=round(self._clock() - self._opened_at, 1))
        self._state = _State.RAMP
        self._run = Run()
        self._allowed = 1
        self._opened.clear()
        self._trial_over.set()
        self._show()

    def _show(self) -> None:
        metrics.show_circuit(self.name, self._run.cause if self.is_open else None)

    async def run(self) -> None:
        """Tries the server while the circuit is open, until cancelled."""
        await run_loop("circuit", self._turn, ready=self._opened.wait, may_take=math.inf)

    async def _turn(self) -> float:
        if self._pause:
            await self._try_again()
            self._show()
        if not self.is_open:
            return 0.0
        first, longest = self._pauses()
        self._pause = min(max(self._pause * 2, first), longest)
        return self._pause * (0.75 + self._jitter() / 2) / self._shorten

    async def _try_again(self) -> None:
        error = await self._trouble()
        if error is not None:
            self._run.add(error, "")
        elif self._only_mail_tells:
            await self._try_mails()
        else:
            self._begin_ramp()

    async def _try_mails(self) -> None:
        """Tries two mails in each turn, one after the other. The oldest mail again, since some servers refuse unknown
        senders at first and take the same mail later (greylisting). Then one to another recipient and domain, since the
        oldest may be refused for its own or its domain's sake."""
        await self._try_a_mail(await self.choose("oldest"))
        if self.is_open and (another := await self.choose("another")) is not None:
            await self._try_a_mail(another)

    async def _try_a_mail(self, trial: Trial | None) -> None:
        """Runs a trial mail; with None, the next mail that comes is the trial."""
        self._wanted = None if trial is None else trial.job_id
        self._trial_over.clear()
        self._state = _State.TRIAL
        try:
            await (self._trial_over.wait() if trial is None else trial.run())
        finally:
            if self._state is _State.TRIAL:
                self._state = _State.OPEN

    def _pauses(self) -> Pauses:
        if self._run.cause == "login":
            return LOGIN
        return REFUSED if self._only_mail_tells else UNREACHABLE
