"""The metrics of re-planning."""

from typing import Final

from prometheus_client import Counter, Gauge

from api_service.zones.replanning import ReplanningReport

MOVED: Final = Counter(
    "punctual_zone_appointments_moved_total", "Appointments whose instant has moved with their zone's law."
)
OPEN: Final = Gauge(
    "punctual_zone_conflicts",
    "What a person must look at, counted by one instance for all: clash (others have an appointment's right time),"
    " missing (its local time is skipped now), unknown (a zone that our zone data do not have), outdated (others plan"
    " with newer zone data).",
    ["reason"],
)
for _reason in ("clash", "missing", "unknown", "outdated"):
    OPEN.labels(_reason).set(0)


def show(report: ReplanningReport) -> None:
    MOVED.inc(sum(report.moved.values()))
    OPEN.labels("clash").set(len(report.clashes))
    OPEN.labels("missing").set(len(report.missing))
    OPEN.labels("unknown").set(len(report.unknown))
    OPEN.labels("outdated").set(report.newer is not None)


def forget() -> None:
    """To be called when another instance counts."""
    for reason in ("clash", "missing", "unknown", "outdated"):
        OPEN.labels(reason).set(0)
