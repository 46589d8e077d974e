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
    """A passing trouble: try again at the next backoff step, or give up when there is none. `bound_to`: the mail server
    that may have the mail, so that no other one gets it. `in_doubt`: rather than give up wait so many seconds, since
    nothing tells yet whether the mail or we are refused."""

    error: str
    code: int | None = None
    at_fault: Reason = "handler"
    bound_to: str | None = None
    in_doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """It will not get better by itself: a person must look. `bound_to` as of a retry."""

    error: str
    code: int | None = None
    at_fault: Reason = "handler"
    bound_to: str | None = None


@dataclass(frozen=True, slots=True)
class Park:
    """The mail server as a whole is away or refuses us: wait `delay` seconds, without using up a retry. `by_us`: we
    stop, and nothing is wrong with the server."""

    delay: float
    error: str
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The address has had its mails of this hour: wait `delay` seconds for the turn, without using up a retry."""

    delay: float
    error: str = "waits for its turn: the address has had as many e-mails as one may have in an hour"


Outcome = Sent | Retry | Fail | Park | Wait
