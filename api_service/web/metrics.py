"""The metrics of HTTP requests and connections, and of bookings."""

from functools import lru_cache

from prometheus_client import Counter, Histogram

from shared.process.metrics import closed

RATE_LIMITED = closed(
    Counter(
        "punctual_http_rate_limited_total",
        "Requests answered 429, by the limit: client or address.",
        ["limit"],
    ),
    ("client", "address"),
)
SLOW_READERS = Counter(
    "punctual_http_slow_readers_total", "Connections closed because the caller did not read the answer."
)

_REQUEST_DURATION = Histogram(
    "punctual_http_request_duration_seconds",
    "From the head of the request to the head of the answer, by route pattern.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ANSWERS_REPEATED = Counter(
    "punctual_idempotent_answers_repeated_total", "Bookings that were answered again from their idempotency key."
)


@lru_cache(maxsize=4_096)
def request_duration(method: str, route: str, status: int) -> Histogram:
    """One series, found without the library's lock. The values are our routes, their methods and their statuses, so
    they are few."""
    return _REQUEST_DURATION.labels(method, route, str(status))
