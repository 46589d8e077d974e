"""The metrics of jobs that are worked on, whatever their channel."""

from prometheus_client import Counter, Gauge, Histogram

from shared.jobs.model import Channel, Kind, Priority
from shared.jobs.store import Verdict
from shared.process.metrics import SECONDS, closed

DURATION = closed(
    Histogram(
        "punctual_job_duration_seconds",
        "From the claim to the commit of its outcome.",
        ["kind", "channel"],
        buckets=SECONDS,
    ),
    Kind,
    Channel,
)
COMMIT_TO_SENT = closed(
    Histogram(
        "punctual_commit_to_sent_seconds",
        "From the commit of a job due at once to the acceptance of its first attempt by the channel's server.",
        ["kind", "channel"],
        buckets=SECONDS,
    ),
    [kind for kind in Kind if kind is not Kind.REMINDER],
    Channel,
)
LATENESS = Histogram(
    "punctual_reminder_lateness_seconds",
    "From a reminder's due time to the acceptance of its first attempt by the channel's server.",
    buckets=SECONDS,
)
TOLD = closed(
    Histogram(
        "punctual_told_seconds",
        "From the moment at which a client should have been told (the commit, a reminder's due time, the time given by"
        " the recipient limit) to the acceptance by the channel's server, after any number of attempts. Of a reminder"
        " that was retried, its backoff steps count and its earlier hand-overs do not.",
        ["kind", "channel"],
        buckets=(0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600),
    ),
    Kind,
    Channel,
)
DUPLICATES = closed(
    Counter(
        "punctual_duplicates_suppressed_total",
        "Messages that changed nothing: stale, cancelled, superseded, waiting (for an older job), early, "
        "unknown (pruned), too_late, opted_out, suppressed.",
        ["reason"],
    ),
    [verdict for verdict in Verdict if verdict is not Verdict.CLAIMED],
)
DEAD_LETTERS = closed(
    Counter(
        "punctual_dead_letters_total",
        "Messages that reached the dead-letter queue, by result: recorded (kept whole), known (its row has"
        " the failure), recovered (given back to its row).",
        ["outcome"],
    ),
    ("recorded", "known", "recovered"),
)
IN_FLIGHT = closed(Gauge("punctual_jobs_in_flight", "Claimed jobs that this process works on.", ["priority"]), Priority)
WORKERS = Gauge("punctual_workers", "Jobs that this process may work on at once.", ["priority"])
OUTCOMES_WAITING = Gauge("punctual_outcomes_waiting", "Attempts that have ended and wait for their commit.")
BROKER_CONNECTED = Gauge("punctual_notifier_broker_connected", "1 while the notifier can consume.")
QUEUE_PAUSED = closed(
    Gauge("punctual_queue_paused", "1 while an operator has paused the queue.", ["priority"]), Priority
)
SHARD_PAUSED = Gauge("punctual_shard_paused", "1 while an operator has paused this one shard of a priority.", ["queue"])
PRUNED = Counter("punctual_jobs_pruned_total", "Finished jobs removed after their retention.")
REMOVED = Counter("punctual_rows_removed_total", "Other rows and error texts removed after their retention.", ["kept"])
