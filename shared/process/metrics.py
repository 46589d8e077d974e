"""The metrics of every process, and metrics with closed sets of label values."""

import platform
from collections.abc import Iterable
from importlib.metadata import version
from itertools import product
from typing import Final, Generic, Protocol, TypeVar

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from shared.people import zones

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
"""Buckets from a millisecond to an hour."""
M = TypeVar("M", Counter, Gauge, Histogram)


class Closed(Generic[M]):
    """A metric whose labels have these values and no others.

    Each series exists from the start, at 0, so that its first failure is an increase in Prometheus. A series is found
    without the library's lock.
    """

    def __init__(self, metric: M, values: Iterable[tuple[str, ...]]) -> None:
        self._metric: M = metric
        self._series: dict[tuple[str, ...], M] = {each: metric.labels(*each) for each in values}

    def labels(self, *values: str) -> M:
        """One series. A value outside the set is counted all the same: it must not cost a job."""
        return self._series.get(values) or self._metric.labels(*values)


def closed(metric: M, *values: Iterable[str]) -> Closed[M]:
    """A metric with every combination of these values, in the order of its labels."""
    return Closed(metric, product(*values))


DATABASE_CONNECTIONS: Final = Gauge(
    "punctual_database_connections", "Connections of this process's pool: busy, idle.", ["state"]
)
DATABASE_CONNECTIONS_MAX: Final = Gauge("punctual_database_connections_max", "Most connections of this pool.")
LOOP_LAG: Final = Histogram(
    "punctual_event_loop_lag_seconds",
    "Delay of a timer of this process: its event loop was busy with other work.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_BUILD: Final = Gauge("punctual_build_info", "1, with the version of Punctual and of Python.", ["version", "python"])
_TZDATA: Final = Gauge("punctual_tzdata_info", "1, with the release of the time zone data in use.", ["version"])


class Connections(Protocol):
    """A connection pool, as far as its metrics need it."""

    @property
    def connections(self) -> tuple[int, int]:
        """The numbers of open and of idle connections."""

    @property
    def most_connections(self) -> int:
        """The largest number of connections."""


def describe_process(database: Connections) -> None:
    """Shows the version of this process, and its pool at every scrape."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which no query asks for
    _BUILD.labels(version("punctual"), platform.python_version()).set(1)
    _TZDATA.labels(zones.VERSION).set(1)
    DATABASE_CONNECTIONS_MAX.set_function(lambda: database.most_connections)
    DATABASE_CONNECTIONS.labels("busy").set_function(lambda: database.connections[0] - database.connections[1])
    DATABASE_CONNECTIONS.labels("idle").set_function(lambda: database.connections[1])
