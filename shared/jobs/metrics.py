"""The metrics of jobs that both services count."""

from typing import Final

from prometheus_client import Counter

from shared.jobs.model import FINAL, Channel, Kind
from shared.process.metrics import closed

FINISHED: Final = closed(
    Counter(
        "punctual_jobs_finished_total",
        "Jobs that reached a final state, by that state.",
        ["kind", "outcome", "channel"],
    ),
    Kind,
    sorted(FINAL),
    Channel,
)
ATTEMPTS: Final = closed(
    Counter(
        "punctual_job_attempts_total",
        "Attempts that ended: succeeded, retrying, failed, skipped, parked, cancelled, lost (its worker vanished), or"
        " discarded (the lease was lost).",
        ["kind", "outcome", "channel"],
    ),
    Kind,
    ("succeeded", "retrying", "failed", "skipped", "parked", "cancelled", "lost", "discarded"),
    Channel,
)
TROUBLE: Final = closed(
    Counter(
        "punctual_job_trouble_total",
        "Attempts that did not go well, by the new state of the job (retrying, failed, parked, scheduled, cancelled)"
        " and by the reason: recipient or message (refused by the mail server), server (the mail server as a"
        " whole), address (none, or not usable), lease (lost before the hand-over), worker (vanished, or crashed by"
        " its message), handler (a bug of ours).",
        ["outcome", "reason", "channel"],
    ),
    ("retrying", "failed", "parked", "scheduled", "cancelled"),
    ("recipient", "message", "server", "address", "lease", "worker", "handler"),
    Channel,
)
