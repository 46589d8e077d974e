"""The metrics of reports about delivered e-mails; both services count."""

from typing import Final

from prometheus_client import Counter

from shared.deliveries.model import DeliveryEvent
from shared.process.metrics import closed

REPORTS: Final = closed(
    Counter(
        "punctual_delivery_reports_total",
        "Reports about delivered e-mails, by event (returned, delayed, complained) and by result: recorded,"
        " repeated (known already), unknown (no such job, or its retention is over).",
        ["event", "outcome"],
    ),
    DeliveryEvent,
    ("recorded", "repeated", "unknown"),
)
RETURNED: Final = closed(
    Counter(
        "punctual_emails_returned_total",
        "E-mails that came back after the mail server took them. permanent: the address itself is at fault.",
        ["permanent"],
    ),
    ("true", "false"),
)
SUPPRESSED: Final = Counter(
    "punctual_addresses_suppressed_total", "Addresses suppressed automatically after returned e-mails."
)
