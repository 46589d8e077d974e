"""What the notifier counts and times."""

from prometheus_client import Counter, Gauge, Histogram

from notifier_service.channels.email.smtp.classification import CAUSES, Cause
from shared.jobs.model import Kind, Priority
from shared.jobs.store import Verdict
from shared.process.metrics import closed

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)

DURATION = closed(
    Histogram(
        "punctual_job_duration_seconds",
        "From the claim to the commit of its outcome.",
        ["kind"],
        buckets=_SECONDS,
    ),
    Kind,
)
COMMIT_TO_SENT = closed(
    Histogram(
        "punctual_commit_to_sent_seconds",
        "From the commit of a job due at once to the mail server's acceptance of its first attempt.",
        ["kind"],
        buckets=_SECONDS,
    ),
    [kind for kind in Kind if kind is not Kind.REMINDER],
)
LATENESS = Histogram(
    "punctual_reminder_lateness_seconds",
    "From a reminder's due time to the mail server's acceptance of its first attempt.",
    buckets=_SECONDS,
)
TOLD = closed(
    Histogram(
        "punctual_told_seconds",
        "From when a client should have been told (the commit, a reminder's due time, the turn of its address where it"
        " had to wait for one) to the mail server's acceptance, however many attempts it took. Of a reminder that was"
        " retried, its backoff steps count and its earlier hand-overs do not.",
        ["kind"],
        buckets=(0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600),
    ),
    Kind,
)
DUPLICATES = closed(
    Counter(
        "punctual_duplicates_suppressed_total",
        "Messages that changed nothing: stale, cancelled, superseded, waiting (for an older mail), early, "
        "unknown (pruned), too_late, opted_out, suppressed.",
        ["reason"],
    ),
    [verdict for verdict in Verdict if verdict is not Verdict.CLAIMED],
)
SEND_DURATION = Histogram("punctual_smtp_send_duration_seconds", "One hand-over to the mail server.", buckets=_SECONDS)
SMTP_ERRORS = closed(
    Counter(
        "punctual_smtp_errors_total",
        "Hand-overs that failed, by what is at fault and whether trying again can help.",
        ["scope", "permanent"],
    ),
    ("server", "recipient", "message"),
    ("true", "false"),
)
SMTP_CONNECTIONS = Gauge("punctual_smtp_connections", "Connections to the mail server: busy, idle.", ["state"])
SMTP_CONNECTIONS_MAX = Gauge("punctual_smtp_connections_max", "Most connections to the mail server.")
CIRCUIT_OPEN = Gauge("punctual_smtp_circuit_open", "1 while the main mail server counts as away.")
CIRCUIT_CAUSE = closed(
    Gauge(
        "punctual_smtp_circuit_cause",
        "1 for the reason for which a mail server (main, fallback) counts as away: unreachable, login, sender, and so"
        " on.",
        ["server", "cause"],
    ),
    ("main", "fallback"),
    CAUSES,
)
POSSIBLY_SENT = Counter(
    "punctual_emails_possibly_sent_total",
    "Hand-overs whose answer never came: the mail server may have taken the e-mail, and it may be sent again.",
)
DEAD_LETTERS = closed(
    Counter(
        "punctual_dead_letters_total",
        "Messages that reached the dead-letter queue, by what was done: recorded (kept whole), known (its row"
        " tells it), recovered (given back to its row).",
        ["outcome"],
    ),
    ("recorded", "known", "recovered"),
)
IN_FLIGHT = closed(Gauge("punctual_jobs_in_flight", "Claimed jobs that this process works on.", ["priority"]), Priority)
WORKERS = Gauge("punctual_workers", "Jobs that this process may work on at once.", ["priority"])
OUTCOMES_WAITING = Gauge("punctual_outcomes_waiting", "Ends of attempts that wait for their commit.")
BROKER_CONNECTED = Gauge("punctual_notifier_broker_connected", "1 while the notifier can consume.")
QUEUE_PAUSED = closed(
    Gauge("punctual_queue_paused", "1 while an operator has paused the queue.", ["priority"]), Priority
)
PRUNED = Counter("punctual_jobs_pruned_total", "Finished jobs removed after their retention.")
TURNS_WAITED = Counter(
    "punctual_email_turns_waited_total", "E-mails that wait because their address has had its mails of the hour."
)
RATE_LIMITED = Counter(
    "punctual_email_rate_limited_seconds_total", "Time that messages have waited for the e-mail rate."
)


def show_circuit(server: str, cause: Cause | None) -> None:
    """Why a mail server counts as away; None: it does not."""
    for each in CAUSES:
        CIRCUIT_CAUSE.labels(server, each).set(each == cause)
    if server == "main":
        CIRCUIT_OPEN.set(cause is not None)
