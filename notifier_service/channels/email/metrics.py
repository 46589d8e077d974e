"""The metrics of e-mail as a channel."""

from prometheus_client import Counter

WAITED = Counter(
    "punctual_email_turns_waited_total",
    "E-mails that wait because their address has had its e-mails of the hour (recipient limit).",
)
RATE_LIMITED = Counter(
    "punctual_email_rate_limited_seconds_total", "Time that messages have waited for the e-mail rate."
)
