"""The metrics of the hand-over to mail servers."""

from prometheus_client import Counter, Gauge, Histogram

from notifier_service.channels.email.smtp.classification import CAUSES, Cause
from shared.process.metrics import SECONDS, closed

SEND_DURATION = Histogram("punctual_smtp_send_duration_seconds", "One hand-over to the mail server.", buckets=SECONDS)
SMTP_ERRORS = closed(
    Counter(
        "punctual_smtp_errors_total",
        "Hand-overs that failed, by the part at fault and whether trying again can help.",
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


def show_circuit(server: str, cause: Cause | None) -> None:
    """Shows why a mail server counts as away; None: it is not away."""
    for each in CAUSES:
        CIRCUIT_CAUSE.labels(server, each).set(each == cause)
    if server == "main":
        CIRCUIT_OPEN.set(cause is not None)
