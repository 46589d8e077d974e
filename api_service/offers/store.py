"""Reads and writes offers and held times (sql/offers.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from api_service.doctors.slot_rules import Slot
from api_service.offers.model import Offer, OfferMail
from shared.database import Executor, Session
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.jobs.model import State
from shared.people.addresses import normalised

_SQL: Final = statements("api_service.offers.sql", "offers.sql")


@dataclass(frozen=True, slots=True)
class Standing:
    """A client who may be offered other times. `offer_id`: the offer that waits for an answer; `is_open`: some of its
    times can still be taken. `address`: where mail goes, in its normal form; None where none is known."""

    offer_id: UUID | None
    is_open: bool
    address: str | None
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer without an answer, and its appointment, which has not begun. `times`: starts and ends of those that are
    held, or were."""

    id: UUID
    appointment_id: UUID
    client_id: str
    starts_at: datetime
    ends_at: datetime
    times: tuple[tuple[datetime, datetime], ...]


async def hold_doctor(session: Session, doctor_id: str) -> None:
    """Keeps bookings and other offers of a doctor waiting until the transaction ends, which should be soon. The caller
    locks rows before, never after."""
    await session.execute(_SQL["hold_doctor"], doctor_id)


async def let_lapse(session: Session, offer_id: UUID) -> None:
    """Ends an offer that nobody has answered, in the caller's transaction."""
    await session.execute(_SQL["let_lapse"], offer_id)


async def shared_times(executor: Executor, doctor_id: str, since: datetime) -> list[Slot]:
    """Times that are held for other clients, and not taken: those with the fewest holders first."""
    return [mapped(Slot, row) for row in await executor.fetch(_SQL["shared"], doctor_id, since)]


async def make(
    session: Session,
    offer_id: UUID,
    appointment_id: UUID,
    doctor_id: str,
    held_until: datetime,
    times: Sequence[Slot],
    timezone: str,
) -> None:
    """Writes an offer to the client of a locked appointment, whose version and revision rise, and holds its times.
    `timezone`: of the times' local dates."""
    columns = ([getattr(each, name) for each in times] for name in ("local_date", "local_time", "starts_at", "ends_at"))
    await session.execute(_SQL["make"], offer_id, appointment_id, doctor_id, held_until, *columns, timezone)


async def standings(executor: Executor, appointment_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """By appointment."""
    rows = await executor.fetch(_SQL["standings"], appointment_ids)
    addresses = {row["id"]: normalised(row["email"]) for row in rows if row["email"] is not None}
    suppressed = {row["address"] for row in await executor.fetch(_SQL["suppressed"], list(set(addresses.values())))}
    return {
        row["id"]: Standing(
            row["offer_id"], row["is_open"], addresses.get(row["id"]), addresses.get(row["id"]) in suppressed
        )
        for row in rows
    }


async def lock_open(session: Session, doctor_id: str) -> None:
    """Locks the appointments of a doctor's offers without an answer, in the order of their ids."""
    await session.fetch(_SQL["lock_open"], doctor_id)


async def open_of_doctor(session: Session, doctor_id: str) -> list[OpenOffer]:
    """In the order of the appointments' ids."""
    rows = await session.fetch(_SQL["open_of_doctor"], doctor_id)
    return [mapped(OpenOffer, row, times=tuple(zip(row["begins"], row["ends"], strict=True))) for row in rows]


async def withdraw(session: Session, offer_id: UUID, appointment_id: UUID) -> None:
    """Ends an offer whose appointment fits again. Its times are free, and the appointment's revision rises."""
    await session.execute(_SQL["withdraw"], offer_id, appointment_id)


async def give_back(session: Session, offer_id: UUID, begins: Sequence[datetime]) -> None:
    """Ends the hold of the times of an offer that begin then."""
    await session.execute(_SQL["give_back"], offer_id, begins)


async def took_back_confirmation(session: Session, appointment_id: UUID) -> bool:
    """Whether an offer came before the mail that tells of the booking, and took that back."""
    return await session.fetchrow(_SQL["took_back_confirmation"], appointment_id) is not None


async def was_withdrawn(executor: Executor, appointment_id: UUID) -> bool:
    """Whether an offer ended since the booked time fits again."""
    return await executor.fetchrow(_SQL["was_withdrawn"], appointment_id) is not None


async def of_appointment(executor: Executor, appointment_id: UUID) -> Offer | None:
    """The offer that waits for the answer of its client."""
    return (await of_appointments(executor, [appointment_id])).get(appointment_id)


async def of_appointments(executor: Executor, appointment_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """The same of many, by appointment."""
    rows = await executor.fetch(_SQL["of_appointment"], appointment_ids)
    offers = (_offer(list(each)) for _, each in groupby(rows, lambda row: row["id"]))
    return {offer.appointment_id: offer for offer in offers}


async def answered(
    executor: Executor,
    doctor_id: str,
    since: datetime,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    *,
    limit: int,
) -> list[Offer]:
    """Offers with an answer, whose appointment was to start in [since, until), by that start and after a position."""
    rows = await executor.fetch(_SQL["answered"], doctor_id, since, until, *(after or (None, None)), limit)
    return [mapped(Offer, row, times=()) for row in rows]


async def told(executor: Executor, offer_ids: Sequence[UUID]) -> dict[UUID, OfferMail]:
    """How the mails of offers stand, by offer; those whose jobs were removed are missing."""
    rows = await executor.fetch(_SQL["told"], offer_ids)
    return {row["id"]: _told(row) for row in rows}


def _told(row: Any) -> OfferMail:
    state = State(row["state"])
    return OfferMail(state, row["finished_at"] if state is State.SUCCEEDED else None)


def _offer(rows: Sequence[Any]) -> Offer:
    first, *_ = rows
    times = tuple(
        Slot(row["local_date"], row["local_time"], row["begins"], row["ends"]) for row in rows if row["begins"]
    )
    return mapped(Offer, first, times=times, answer=None, answered_at=None)
