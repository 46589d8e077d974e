"""Counts and logs our bugs: operations that failed by an error that nobody foresaw."""

from typing import Any, Final, Literal, get_args

import structlog
from prometheus_client import Counter

from shared.errors import ItemRefused

log = structlog.get_logger("shared.process.internal_errors")

LoopName = Literal[
    "agendas",
    "answers-forgetting",
    "broker-watch",
    "circuit",
    "consuming",
    "consumer-high",
    "consumer-normal",
    "dead-letters",
    "figures",
    "leases",
    "ledger",
    "live",
    "live-listen",
    "live-news",
    "old-queues",
    "orphans",
    "outgoing",
    "pauses",
    "process-heartbeat",
    "progress",
    "pruner",
    "email-rate",
    "relay-canary",
    "relay-job-gauges",
    "relay-connection",
    "relay-delay",
    "relay-lifeline",
    "relay-listen",
    "relay-marking",
    "relay-notify",
    "relay-parked",
    "relay-queues",
    "relay-sweep",
    "request-timeouts",
    "retention",
    "saturation",
    "streams-watch",
    "subscription-renewal",
    "turns",
    "zones",
    "watchdog",
]
"""Every background loop of both services. Add the name of a new loop here: the metric's label set stays closed."""
Operation = Literal["http", "admission", "job", "dead-letter", "group-commit", "publish", "readiness", "bounces"]
"""Places outside the loops where a bug can surface."""
Where = Literal[LoopName, Operation]

INTERNAL_ERRORS: Final = Counter(
    "punctual_internal_errors_total",
    "Operations that failed by a bug of ours, by place: each is in the log once, with its traceback.",
    ["where"],
)
ITEMS_REFUSED: Final = Counter(
    "punctual_items_refused_total",
    "Items that PostgreSQL or RabbitMQ refuses at every try, by place: each has failed alone.",
    ["where"],
)
for _where in (*get_args(LoopName), *get_args(Operation)):
    INTERNAL_ERRORS.labels(_where)
    ITEMS_REFUSED.labels(_where)


def internal_error(
    where: Where, error: BaseException, *, event: str = "internal error", told: bool = True, **ids: Any
) -> None:
    """Reports that an operation has failed by our bug: one log entry with the traceback, and one count.

    `told=False` leaves the traceback out, if it has just been logged. `ids`: further fields of the log entry, such as a
    job's id; nothing personal.
    """
    INTERNAL_ERRORS.labels(where).inc()
    log.error(event, where=where, fault=type(error).__name__, exc_info=error if told else None, **ids)


def item_refused(where: Where, error: BaseException, **ids: Any) -> None:
    """Reports that one item has failed for good, and all others have not."""
    ITEMS_REFUSED.labels(where).inc()
    log.error("item refused", where=where, error=str(error), **ids)


def failed(where: Where, error: Exception, **ids: Any) -> None:
    """Reports the failure of one item: a refused item, or our bug."""
    if isinstance(error, ItemRefused):
        item_refused(where, error, **ids)
    else:
        internal_error(where, error, **ids)
