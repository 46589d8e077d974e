"""The metrics of the relay."""

from collections.abc import Iterator, Mapping

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.jobs.counts import Parked
from shared.jobs.forecast import HOURS, Forecast
from shared.jobs.model import Kind, State
from shared.process.metrics import closed

JOBS_CREATED = closed(Counter("punctual_jobs_created_total", "Jobs committed with their appointment.", ["kind"]), Kind)
PUBLISHED = closed(
    Counter(
        "punctual_jobs_published_total",
        "Messages that the broker confirmed. path: direct (by the process that committed the job), sweep"
        " (due, or left behind by another process), delayed (held by the broker until due), recovered (the broker had"
        " lost it).",
        ["kind", "path"],
    ),
    Kind,
    ("direct", "sweep", "delayed", "recovered"),
)
UNPUBLISHED = closed(
    Counter(
        "punctual_publish_failures_total",
        "Messages that the broker refused, returned or did not answer for. The sweep publishes them again.",
        ["reason"],
    ),
    ("refused", "unavailable"),
)
BATCH_SIZE = Histogram(
    "punctual_relay_batch_size",
    "Messages published with their confirms outstanding together.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
OVERFLOWED = Counter(
    "punctual_relay_overflow_total",
    "Committed jobs left to the sweep because too many were waiting for the broker.",
)
LEASES_RECOVERED = closed(
    Counter(
        "punctual_leases_recovered_total",
        "Attempts whose worker vanished, by the new state of the job.",
        ["state"],
    ),
    ("scheduled", "failed", "cancelled"),
)
SWEEP_LAG = Gauge(
    "punctual_relay_lag_seconds",
    "How long the due row that waits longest has waited for the sweep, after its last turn.",
)
DELAY_BACKEND = Gauge("punctual_delay_backend_info", "1 for the delay backend in use.", ["backend"])
DELAY_EXCHANGE_CONFLICT = Gauge(
    "punctual_delay_exchange_conflict",
    "1 while the broker has an exchange notifications.delayed that is not ours: of another type or arguments.",
)
DELAY_EXCHANGE_SILENT = Gauge(
    "punctual_delay_exchange_silent", "1 while the delayed exchange holds messages and releases none."
)
TAKEN_BACK = closed(
    Counter(
        "punctual_reminders_taken_back_total",
        "Reminders that the table holds again instead of the broker. reason: backend (the relay holds them now), outage"
        " (handed over just before a connection was lost), silent (the exchange released nothing), deleted (the"
        " exchange was away when they were due).",
        ["reason"],
    ),
    ("backend", "outage", "silent", "deleted"),
)
BROKER_CONNECTED = Gauge("punctual_relay_broker_connected", "1 while the relay can publish.")
WAITING = Gauge("punctual_relay_waiting", "Committed jobs in this process's memory that the broker does not have yet.")


class JobFigures(Collector):
    """The counts of all jobs. Only the instance that has counted them shows them."""

    def __init__(self) -> None:
        self._states: Mapping[str, int] = {}
        self._oldest_due_age = 0.0
        self._parked = Parked(0, 0, None)

    def show(self, states: Mapping[State, int], *, oldest_due_age: float, parked: Parked) -> None:
        """`states`: jobs by state; `oldest_due_age` in seconds."""
        self._parked = parked
        self._states, self._oldest_due_age = {str(each): jobs for each, jobs in states.items()}, oldest_due_age

    def hide(self) -> None:
        self._states = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("punctual_jobs", "Jobs in each state, counted every 15 s.", labels=["state"])
        age = GaugeMetricFamily(
            "punctual_oldest_due_job_age_seconds", "How long the job that has waited longest has been due."
        )
        parked = GaugeMetricFamily("punctual_jobs_parked", "Mails that wait for a mail server, counted every 15 s.")
        too_long = GaugeMetricFamily(
            "punctual_jobs_parked_too_long", "Those of them that have waited for longer than PARKED_LIMIT."
        )
        for state, count in self._states.items():
            jobs.add_metric([state], count)
        if self._states:
            age.add_metric([], self._oldest_due_age)
            parked.add_metric([], self._parked.jobs)
            too_long.add_metric([], self._parked.too_long)
        yield from (jobs, age, parked, too_long)


JOBS = JobFigures()
REGISTRY.register(JOBS)


class ForecastFigures(Collector):
    """The forecast of the next two days. Only the instance that has made it shows it."""

    def __init__(self) -> None:
        self._forecast: Forecast | None = None

    def show(self, forecast: Forecast) -> None:
        self._forecast = forecast

    def hide(self) -> None:
        self._forecast = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        due = GaugeMetricFamily(
            "punctual_forecast_due_jobs",
            "Jobs that fall due in the next hours, the hour under way among them; forecast every minute.",
            labels=["hours"],
        )
        late = GaugeMetricFamily(
            "punctual_forecast_late_jobs",
            "Those of the next 48 hours that leave later than FORECAST_LATENESS, at the pace of EMAIL_RATE.",
        )
        begun = GaugeMetricFamily(
            "punctual_forecast_begun_jobs", "Those of them that would leave only after the visit has begun."
        )
        longest = GaugeMetricFamily(
            "punctual_forecast_longest_wait_seconds", "The longest time that one of them waits for those before it."
        )
        if self._forecast is not None:
            for hours in (1, 24, HOURS):
                due.add_metric([str(hours)], self._forecast.due_within(hours))
            late.add_metric([], self._forecast.late)
            begun.add_metric([], self._forecast.begun)
            longest.add_metric([], self._forecast.longest)
        yield from (due, late, begun, longest)


FORECAST = ForecastFigures()
REGISTRY.register(FORECAST)
