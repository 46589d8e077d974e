"""Finds the affected appointments of a doctor, for lists and acts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from api_service.doctors import affected
from api_service.doctors.affected import Affected
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Misfit
from api_service.offers import store as offers
from api_service.offers.model import Offer, OfferMail
from api_service.staff import store
from api_service.staff.affected.model import AffectedVisit
from api_service.staff.model import Visit
from api_service.web.pagination import Page
from shared.database import Executor

_DAY: Final = timedelta(days=1)


class _Period(NamedTuple):
    """The starts in [since, until)."""

    since: datetime
    until: datetime | None


async def listed(
    executor: Executor, doctor: Doctor, day: date | None, page: Page, now: datetime
) -> Sequence[AffectedVisit]:
    """A page from the clinic's today on, and one more if there is one. Those of today stay when they have begun."""
    period = _period(doctor, day, _today(doctor, now))
    if period is None:
        return []
    found = await affected.affected(
        executor, doctor, period.since, until=period.until, after=_after(page), most=page.limit + 1
    )
    ids = [each.id for each in found]
    visits = await _visits(executor, ids)
    offered = await offers.of_appointments(executor, ids)
    told = await offers.told(executor, [offer.id for offer in offered.values()])
    return [_seen(visits[each.id], each.why, offered.get(each.id), told) for each in found if each.id in visits]


async def answered(
    executor: Executor, doctor: Doctor, day: date | None, page: Page, now: datetime
) -> Sequence[AffectedVisit]:
    """A page of those that were to start from the clinic's today on, and one more if there is one: their clients have
    answered an offer."""
    period = _period(doctor, day, _today(doctor, now))
    if period is None:
        return []
    found = await offers.answered(executor, doctor.id, period.since, period.until, _after(page), limit=page.limit + 1)
    visits = await _visits(executor, [offer.appointment_id for offer in found])
    told = await offers.told(executor, [offer.id for offer in found])
    return [_seen(visits[each.appointment_id], None, each, told) for each in found if each.appointment_id in visits]


async def ahead(executor: Executor, doctor: Doctor, day: date | None, now: datetime) -> Sequence[Affected]:
    """All that have not begun, in the order of their starts."""
    period = _period(doctor, day, now)
    if period is None:
        return []
    found = await affected.affected(executor, doctor, period.since, until=period.until)
    return [each for each in found if each.starts_at > now]


async def _visits(executor: Executor, ids: Sequence[UUID]) -> Mapping[UUID, Visit]:
    return {each.appointment.id: each for each in await store.of_ids(executor, ids)}


def _seen(visit: Visit, why: Misfit | None, offer: Offer | None, told: Mapping[UUID, OfferMail]) -> AffectedVisit:
    return AffectedVisit(visit, why, offer, None if offer is None else told.get(offer.id))


def _after(page: Page) -> tuple[datetime, UUID] | None:
    return None if page.moment is None or page.id is None else (page.moment, page.id)


def _period(doctor: Doctor, day: date | None, since: datetime) -> _Period | None:
    """From `since` on; of a day, its part of that; None if that has passed."""
    if day is None:
        return _Period(since, None)
    if day < since.astimezone(doctor.zone).date():
        return None
    return _Period(max(since, _midnight(doctor, day)), _midnight(doctor, day + _DAY))


def _today(doctor: Doctor, now: datetime) -> datetime:
    return _midnight(doctor, now.astimezone(doctor.zone).date())


def _midnight(doctor: Doctor, day: date) -> datetime:
    """The instant at which a day of the clinic's calendar begins."""
    return datetime.combine(day, time(), doctor.zone).astimezone(UTC)
