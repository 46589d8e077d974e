"""Reports the result of `api-service zones`."""

import os
from collections.abc import Iterator

from api_service.zones.replanning import ReplanningReport
from api_service.zones.store import Booking
from shared.people import zones


def status(report: ReplanningReport) -> int:
    """The exit status: 0; or 65 (EX_DATAERR, sysexits.h) when a person must look at something."""
    return os.EX_DATAERR if report.needs_a_person else os.EX_OK


def lines(report: ReplanningReport, *, dry_run: bool) -> Iterator[str]:
    """A report for people, line by line."""
    yield f"zone data {zones.VERSION}"
    if report.newer is not None:
        yield f"nothing done: {report.newer} has planned already, which is newer; --even-older does it all the same"
    for name, count in sorted(report.moved.items()):
        yield f"{name}: {count} appointments {'would move' if dry_run else 'moved'}"
    if report.reminders:
        yield f"{report.reminders} reminders moved"
    for clash in report.clashes:
        others = ", ".join(map(str, clash.others)) or "nobody any more"
        yield f"clash: {_named(clash.booking)} should start at {clash.starts_at.isoformat()}, taken by {others}"
    for booking in report.missing:
        yield f"no such time: {_named(booking)}: the clocks skip it now"
    for name in report.unknown:
        yield f"unknown zone: {name}"
    if not report.moved and not report.needs_a_person:
        yield "nothing to move"


def _named(booking: Booking) -> str:
    return f"{booking.id} of doctor {booking.doctor_id}, {booking.local_date} {booking.local_time} {booking.timezone}"
