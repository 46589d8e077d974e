"""The possible outcomes of a delivery; only the consumer acts on them."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["recipient", "message", "server", "address", "lease", "handler"]
"""The thing at fault. The set is closed, since it is a metric's label."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel's server took it, with this reply code if it gives one (SMTP: 2xx)."""

    code: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """A passing error: try again at the next retry step, or fail when none is left.

    `bound_to`: the server that may have the message; no other one gets it. `in_doubt`: seconds to wait instead of
    failing, while it is unclear whether the message or we are refused.
    """

    error: str
    code: int | None = None
    at_fault: Reason = "handler"
    bound_to: str | None = None
    in_doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """It does not get better by itself: a person must look. `bound_to`: as for Retry."""

    error: str
    code: int | None = None
    at_fault: Reason = "handler"
    bound_to: str | None = None


@dataclass(frozen=True, slots=True)
class Park:
    """The channel's whole server is away or refuses us: wait `delay` seconds, without using up a retry. `by_us`: we
    stop, and the server is fine."""

    delay: float
    error: str
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The channel's rules delay it: wait `delay` seconds, without using up a retry."""

    delay: float
    error: str


Outcome = Sent | Retry | Fail | Park | Wait
