"""The metrics of returned mails."""

from typing import Final, Literal, get_args

from prometheus_client import Counter

from shared.process.metrics import closed

Dropped = Literal["auto_reply", "forged", "loop", "not_failed", "no_report", "refused", "too_large", "unreadable"]
"""Reasons for which a mail is dropped: an automatic reply; no valid token of ours; a mail loop; a report of a success;
no report; refused by PostgreSQL; too large for a report; no readable mail."""

RECEIVED: Final = Counter("punctual_bounces_received_total", "Mails that came to the server for returned mails (LMTP).")
DROPPED: Final = closed(
    Counter(
        "punctual_bounces_dropped_total",
        "Mails to the server for returned mails that were dropped, by reason.",
        ["reason"],
    ),
    get_args(Dropped),
)
