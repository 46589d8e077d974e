"""Moves booked appointments to the instants that their zones' present law gives: the local time stays, the instant
moves."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

import structlog

from api_service.zones import law, store
from api_service.zones.law import Misfit
from api_service.zones.store import Booking
from shared.database import Database, Occupied
from shared.errors import Contention
from shared.people import zones

log = structlog.get_logger("api_service.zones")
T = TypeVar("T")

BATCH: Final = 500
FURTHEST: Final = timedelta(hours=26)
"""The longest way that a law moves an instant. An appointment that began longer ago is over by any law."""
TRIES: Final = 5
"""Attempts of a statement that the server gives up in favour of others."""


@dataclass(frozen=True, slots=True)
class Clash:
    """An appointment whose right time is taken. It stays where it is; its reminders have moved."""

    booking: Booking
    starts_at: datetime
    others: tuple[UUID, ...]


@dataclass(slots=True)
class ReplanningReport:
    """The result of one run. `moved` and `reminders` are counted by zone. `missing`: appointments whose local time the
    clocks now skip. `unknown`: zones that our zone data does not have."""

    moved: dict[str, int] = field(default_factory=dict)
    reminders: int = 0
    clashes: list[Clash] = field(default_factory=list)
    missing: list[Booking] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    newer: str | None = None
    """The newer release of zone data that another instance re-plans with; then nothing was done."""

    @property
    def needs_a_person(self) -> bool:
        return bool(self.clashes or self.missing or self.unknown or self.newer)


async def nothing() -> None:
    """The `each_batch` of callers that have nothing to do between batches."""


async def replan(
    database: Database,
    *,
    dry_run: bool = False,
    even_older: bool = False,
    each_batch: Callable[[], Awaitable[None]] = nothing,
) -> ReplanningReport:
    """Checks every zone with future appointments, and moves the wrong ones, each in a transaction of its own.

    It may run at any time, in many instances at once, and again after an interruption: it leaves right appointments
    alone, and those that somebody has changed meanwhile. `dry_run` changes nothing. An instance with older zone data
    than another one that re-plans does nothing, unless `even_older`. `each_batch` is called before every batch.

    Raises DatabaseUnavailable; the moves made before stay.
    """
    if not dry_run:
        await store.take_over(database, zones.VERSION, even_older=even_older)
    newest = await store.newest(database)
    if newest is not None and newest > zones.VERSION and not even_older:
        return ReplanningReport(newer=newest)
    run = _Run(database, dry_run)
    for misfit in await run.misfits():
        await run.walk(misfit, each_batch)
    await run.try_blocked_again()
    return run.report


class _Run:
    def __init__(self, database: Database, dry_run: bool) -> None:
        self.report = ReplanningReport()
        self._database = database
        self._dry_run = dry_run
        self._blocked: list[Booking] = []

    async def misfits(self) -> Sequence[Misfit]:
        """Every period in which appointments are wrong."""
        found: list[Misfit] = []
        for each in await store.booked_offsets(self._database):
            self._now = each.now
            if each.latest <= each.now - FURTHEST:
                continue
            begins, ends = each.now - FURTHEST, each.latest + timedelta(seconds=1)
            try:
                found += law.misfits(each.timezone, each.booked_with, begins, ends)
            except zones.UnknownZone:
                if each.timezone not in self.report.unknown:
                    self.report.unknown.append(each.timezone)
        return await store.with_bookings(self._database, found)

    async def walk(self, misfit: Misfit, each_batch: Callable[[], Awaitable[None]]) -> None:
        """Re-plans one period, in batches."""
        last: Booking | None = None
        while True:
            await each_batch()
            bookings = await store.batch(self._database, misfit, last, limit=BATCH)
            for booking in bookings:
                if not await self._moved(booking):
                    self._blocked.append(booking)
            if len(bookings) < BATCH:
                return
            last = bookings[-1]

    async def try_blocked_again(self) -> None:
        """When two appointments must move, one may have the right time of the other. Reports those that stay
        blocked."""
        before = -1
        while self._blocked and len(self._blocked) != before:
            before = len(self._blocked)
            self._blocked = [each for each in self._blocked if not await self._moved(each)]
        for booking in self._blocked:
            await self._clashes(booking)

    async def _moved(self, booking: Booking) -> bool:
        """Moves one appointment; False when another appointment has its right time."""
        starts_at, exists = law.instant(booking.local_date, booking.local_time, booking.timezone)
        if max(starts_at, booking.starts_at) <= self._now:
            return True  # over by either law
        if not exists and booking not in self.report.missing:
            self.report.missing.append(booking)
        if starts_at == booking.starts_at:
            return True
        if self._dry_run:
            others = await store.occupants(self._database, booking, starts_at)
            if any(map(_stays, others)):
                return False
            self._count(booking, 0)
            return True
        try:
            reminders = await _insist(lambda: store.replan(self._database, booking, starts_at, reminders_alone=False))
        except Occupied:
            return False
        if reminders is not None:
            self._count(booking, reminders)
            log.info(
                "appointment re-planned",
                appointment_id=str(booking.id),
                timezone=booking.timezone,
                starts_at=starts_at.isoformat(),
                instead_of=booking.starts_at.isoformat(),
                reminders=reminders,
            )
        return True

    async def _clashes(self, booking: Booking) -> None:
        """The client will still come at the clinic's time, so the reminders move."""
        starts_at, _ = law.instant(booking.local_date, booking.local_time, booking.timezone)
        others = tuple(each.id for each in await store.occupants(self._database, booking, starts_at))
        if not self._dry_run:
            reminders = await _insist(lambda: store.replan(self._database, booking, starts_at, reminders_alone=True))
            if reminders is None:
                return  # cancelled or moved meanwhile
            self.report.reminders += reminders
        self.report.clashes.append(Clash(booking, starts_at, others))

    def _count(self, booking: Booking, reminders: int) -> None:
        self.report.moved[booking.timezone] = self.report.moved.get(booking.timezone, 0) + 1
        self.report.reminders += reminders


def _stays(booking: Booking) -> bool:
    """Whether an appointment is right already."""
    try:
        return law.instant(booking.local_date, booking.local_time, booking.timezone)[0] == booking.starts_at
    except zones.UnknownZone:
        return True


async def _insist(statement: Callable[[], Awaitable[T]]) -> T:
    """Raises Contention when the server has given it up TRIES times."""
    for _ in range(TRIES - 1):
        try:
            return await statement()
        except Contention:
            continue
    return await statement()
