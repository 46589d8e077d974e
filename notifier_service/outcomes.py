"""What a handler can answer; only the consumer acts on it."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["recipient", "message", "server", "address", "lease", "handler"]
"""What was at fault; closed, since it is a metric's label."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail server took it: its 2xx reply code."""

    code: int


@dataclass(frozen=True, slots=True)
class Retry:
    """A passing trouble: try again at the next backoff step, or give up when there is none."""

    error: str
    code: int | None = None
    at_fault: Reason = "handler"


@dataclass(frozen=True, slots=True)
class Fail:
    """It will not get better by itself: a person must look."""

    error: str
    code: int | None = None
    at_fault: Reason = "handler"


@dataclass(frozen=True, slots=True)
class Skip:
    """No mail may go, and the row says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """The mail server as a whole is away: wait `delay` seconds, without using up a retry."""

    delay: float
    error: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The address has had its mails of this hour: wait `delay` seconds for the turn, without using up a retry."""

    delay: float
    error: str = "waits for its turn: the address has had as many e-mails as one may have in an hour"


Outcome = Sent | Retry | Fail | Skip | Park | Wait
