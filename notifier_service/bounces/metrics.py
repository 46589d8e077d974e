"""The metrics of mails that come back."""

from typing import Final, Literal, get_args

from prometheus_client import Counter

from shared.process.metrics import closed

Dropped = Literal["auto_reply", "forged", "loop", "not_failed", "no_report", "refused", "too_large", "unreadable"]
"""Why a mail is of no use: an absence notice; no token of ours; it goes round; it reports a delivery; it is no report;
PostgreSQL refuses it; larger than reports are; no mail."""

RECEIVED: Final = Counter("punctual_bounces_received_total", "Mails that came to the server for returned mails (LMTP).")
DROPPED: Final = closed(
    Counter("punctual_bounces_dropped_total", "Mails to that server that were dropped, by reason.", ["reason"]),
    get_args(Dropped),
)
