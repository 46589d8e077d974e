"""Finds the affected appointments of a doctor, for lists and acts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from api_service.doctors import affected
from api_service.doctors.affected import Affected
from api_service.doctors.model import Doctor
from api_service.staff import store
from api_service.staff.affected.model import AffectedVisit
from api_service.web.pagination import Page
from shared.database import Executor

_DAY = timedelta(days=1)


async def listed(
    executor: Executor, doctor: Doctor, day: date | None, page: Page, now: datetime
) -> Sequence[AffectedVisit]:
    """A page from the clinic's today on, and one more if there is one. Those of today stay when they have begun."""
    after = None if page.moment is None or page.id is None else (page.moment, page.id)
    since = _midnight(doctor, now.astimezone(doctor.zone).date())
    found = await _of_day(executor, doctor, day, since, after=after, most=page.limit + 1)
    visits = {each.appointment.id: each for each in await store.of_ids(executor, [each.id for each in found])}
    return [AffectedVisit(visits[each.id], each.why) for each in found if each.id in visits]


async def ahead(executor: Executor, doctor: Doctor, day: date | None, now: datetime) -> Sequence[Affected]:
    """All that have not begun, in the order of their starts."""
    return [each for each in await _of_day(executor, doctor, day, now) if each.starts_at > now]


async def _of_day(
    executor: Executor,
    doctor: Doctor,
    day: date | None,
    since: datetime,
    *,
    after: tuple[datetime, UUID] | None = None,
    most: int | None = None,
) -> Sequence[Affected]:
    until = None
    if day is not None:
        if day < since.astimezone(doctor.zone).date():
            return []
        since, until = max(since, _midnight(doctor, day)), _midnight(doctor, day + _DAY)
    return await affected.affected(executor, doctor, since, until=until, after=after, most=most)


def _midnight(doctor: Doctor, day: date) -> datetime:
    """The instant at which a day of the clinic's calendar begins."""
    return datetime.combine(day, time(), doctor.zone).astimezone(UTC)
