"""The outcomes that a channel can answer; only the consumer acts on them."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["recipient", "message", "server", "address", "lease", "handler"]
"""What was at fault. The set is closed, since it is a metric's label."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel's server took it, with this reply code where it gives one (SMTP: 2xx)."""

    code: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """A passing trouble: try again at the next backoff step, or give up when there is none. `bound_to`: the server that
    may have the message, so that no other one gets it. `in_doubt`: seconds to wait rather than give up, since nothing
    tells yet whether the message or we are refused."""

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
    """The channel's server as a whole is away or refuses us: wait `delay` seconds, without using up a retry.
    `by_us`: we stop, and nothing is wrong with the server."""

    delay: float
    error: str
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The channel's rules let it go later: wait `delay` seconds, without using up a retry."""

    delay: float
    error: str


Outcome = Sent | Retry | Fail | Park | Wait
