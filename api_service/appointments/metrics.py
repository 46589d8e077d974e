"""The metric of what clients do to their appointments."""

from typing import Final, get_args

from prometheus_client import Counter

from api_service.appointments.model import Act, Via

ACTS: Final = Counter(
    "punctual_appointment_acts_total",
    "Appointments that clients have moved, cancelled, or answered that they will come to, by the way: API or link.",
    ["act", "via"],
)
for _act in get_args(Act):
    for _via in get_args(Via):
        ACTS.labels(_act, _via)
