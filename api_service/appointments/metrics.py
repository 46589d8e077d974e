"""The metric of what clients and the staff do to appointments."""

from typing import Final, get_args

from prometheus_client import Counter

from api_service.appointments.model import Act, Via

ACTS: Final = Counter(
    "punctual_appointment_acts_total",
    "What was done to appointments, by act and by way: the client's API, the link in a mail, or the staff.",
    ["act", "via"],
)
for _act in get_args(Act):
    for _via in get_args(Via):
        ACTS.labels(_act, _via)
