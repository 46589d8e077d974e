"""A clinic whose day has hours before and behind now, at whatever time tests run."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.people import zones

_ZONES: Final = {
    -10: "Pacific/Honolulu",
    -5: "America/Lima",
    0: "Africa/Abidjan",
    5: "Asia/Karachi",
    10: "Australia/Brisbane",
}
"""Zones without clock changes, by their hours from UTC."""


def zone_by_day(now: datetime | None = None) -> str:
    """A zone where it is between 3 and 20 o'clock."""
    hour = (now or datetime.now(UTC)).hour
    return next(name for hours, name in _ZONES.items() if 3 <= (hour + hours) % 24 < 20)


def at(zone: str, *, days: int = 0, minutes: int = 60) -> dict[str, Any]:
    """The fields of a booking or a move: whole minutes and days from now, on the clinic's clock."""
    moment = datetime.now(zones.zone(zone)).replace(second=0, microsecond=0) + timedelta(days=days, minutes=minutes)
    return {"appointmentDate": f"{moment:%Y-%m-%d}", "appointmentTime": f"{moment:%H:%M}"}
