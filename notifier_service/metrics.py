"""What the notifier counts and times."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)

FINISHED = Counter(
    "punctual_jobs_finished_total", "Jobs that reached a final state, by that state.", ["kind", "outcome"]
)
ATTEMPTS = Counter(
    "punctual_job_attempts_total",
    "Attempts that ended: succeeded, retrying, failed, skipped, parked, or discarded (the lease was lost).",
    ["kind", "outcome"],
)
DURATION = Histogram(
    "punctual_job_duration_seconds",
    "From the claim to the commit of its outcome.",
    ["kind"],
    buckets=_SECONDS,
)
COMMIT_TO_SENT = Histogram(
    "punctual_commit_to_sent_seconds",
    "From the commit of a job due at once to the mail server's acceptance of its first attempt.",
    ["kind"],
    buckets=_SECONDS,
)
LATENESS = Histogram(
    "punctual_reminder_lateness_seconds",
    "From a reminder's due time to the mail server's acceptance of its first attempt.",
    buckets=_SECONDS,
)
DUPLICATES = Counter(
    "punctual_duplicates_suppressed_total",
    "Messages that changed nothing: stale, cancelled, early, unknown (pruned), too_late, opted_out, suppressed.",
    ["reason"],
)
SEND_DURATION = Histogram("punctual_smtp_send_duration_seconds", "One hand-over to the mail server.", buckets=_SECONDS)
SMTP_ERRORS = Counter(
    "punctual_smtp_errors_total",
    "Hand-overs that failed, by what is at fault and whether trying again can help.",
    ["scope", "permanent"],
)
CIRCUIT_OPEN = Gauge("punctual_smtp_circuit_open", "1 while the mail server counts as away.")
DEAD_LETTERS = Counter(
    "punctual_dead_letters_total",
    "Messages that reached the dead-letter queue, by what was done: recorded (kept whole), known (its row"
    " tells it), recovered (given back to its row).",
    ["outcome"],
)
IN_FLIGHT = Gauge("punctual_jobs_in_flight", "Claimed jobs that this process works on.", ["priority"])
BROKER_CONNECTED = Gauge("punctual_notifier_broker_connected", "1 while the notifier can consume.")
QUEUE_PAUSED = Gauge("punctual_queue_paused", "1 while an operator has paused the queue.", ["priority"])
PRUNED = Counter("punctual_jobs_pruned_total", "Finished jobs removed after their retention.")
RATE_LIMITED = Counter(
    "punctual_email_rate_limited_seconds_total", "Time that messages have waited for the e-mail rate."
)
