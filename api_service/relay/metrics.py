"""What the relay counts."""

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter(
    "punctual_jobs_published_total",
    "Messages that the broker confirmed. path: direct (by the process that committed the job), sweep"
    " (due, or left behind by another process), delayed (held by the broker until due), recovered (the broker had"
    " lost it).",
    ["kind", "path"],
)
UNPUBLISHED = Counter(
    "punctual_publish_failures_total",
    "Messages that the broker refused, returned or did not answer for. The sweep publishes them again.",
    ["reason"],
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
LEASES_RECOVERED = Counter(
    "punctual_leases_recovered_total",
    "Attempts whose worker vanished, by what became of the job.",
    ["state"],
)
SWEEP_LAG = Gauge(
    "punctual_relay_lag_seconds",
    "How long the due row that waits longest has waited for the sweep, after its last turn.",
)
DELAY_BACKEND = Gauge("punctual_delay_backend_info", "1 for the delay backend in use.", ["backend"])
BROKER_CONNECTED = Gauge("punctual_relay_broker_connected", "1 while the relay can publish.")
