"""Imports checked appointments in batches, each one transaction: a run that was killed goes on when it is run again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api_service.appointments import store as appointments
from api_service.appointments.store import BookingOutcome, PlannedBooking, PlannedJob, planned_for
from api_service.doctors import store as doctors
from api_service.doctors.model import Doctor
from api_service.importing import store
from api_service.importing.faults import FileFaults
from api_service.importing.model import CheckedRow
from shared.database import DanglingReference, Database, Session
from shared.errors import Contention, ItemRefused
from shared.ids import new_id
from shared.jobs.model import Kind

BATCH: Final = 250
TRIES: Final = 5
"""Attempts of a batch that the server gives up in favour of others, or whose doctor somebody changes meanwhile."""
_REASONS: Final = {
    BookingOutcome.TAKEN: "its time was booked since the check",
    BookingOutcome.ERASED: "its client was erased: PUT /api/ops/clients/{id} admits them again",
    BookingOutcome.NO_ADDRESS: "its client has lost their address since the check",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`source`: the name of the other system. `offsets`: seconds before the appointment, one for each reminder, of
    doctors without their own.
    `begins`: reminders that are due before it are the other system's; None: there are none such."""

    source: str
    offsets: Sequence[float]
    begins: datetime | None = None

    def reminders(self, doctor: Doctor, starts_at: datetime) -> list[tuple[float, datetime]]:
        """Every reminder of an appointment, whoever tells it: seconds before the start, and when it is due."""
        offsets = doctor.offsets_or(self.offsets)
        return [(offset, starts_at - timedelta(seconds=offset)) for offset in offsets]

    def jobs(self, appointment_id: UUID, wanted: CheckedRow, doctor: Doctor) -> Iterator[PlannedJob]:
        """No confirmation, unless the row says that nobody has sent one. The reminders that are ours."""
        if not wanted.row.confirmed:
            yield from planned_for(Kind.CREATED, appointment_id)
        for offset, due_at in self.reminders(doctor, wanted.starts_at):
            if self.begins is None or due_at >= self.begins:
                yield from planned_for(Kind.REMINDER, appointment_id, offset)


@dataclass(slots=True)
class Imported:
    """`jobs`: by kind. `already`: appointments that were here, those of a run that was killed included."""

    appointments: int = 0
    already: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    refused: FileFaults = field(default_factory=FileFaults)


class Import:
    """One run over checked rows."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self.result = Imported()
        self._database = database
        self._plan = plan
        self._request_id = new_id().hex

    async def run(self, wanted: Sequence[CheckedRow], told: Callable[[int], None] = lambda _: None) -> Imported:
        """Commits batch after batch, and tells the number of each after its commit.

        Raises DatabaseUnavailable, Contention; the batches before stay.
        """
        for place in range(0, len(wanted), BATCH):
            batch = wanted[place : place + BATCH]
            await self._insisted(batch)
            told(len(batch))
        return self.result

    async def _insisted(self, batch: Sequence[CheckedRow]) -> None:
        """Commits a batch; one that the server refuses in halves, so that the refused row fails alone."""
        for _ in range(TRIES):
            try:
                return await self._commit(batch)
            except (Contention, DanglingReference, _DoctorChanged):
                continue  # nothing of it was done
            except ItemRefused as refusal:
                if len(batch) == 1:
                    return self.result.refused.add(batch[0].line, None, f"the database refuses it: {refusal}")
                for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                    await self._insisted(half)
                return None
        raise Contention(f"the rows from line {batch[0].line} on: others change the same rows again and again")

    async def _commit(self, batch: Sequence[CheckedRow]) -> None:
        refused: list[tuple[int, str]] = []
        async with self._database.transaction() as session:
            await store.one_at_a_time(session)
            before = await store.known(session, self._plan.source, [each.digest for each in batch])
            fresh = [each for each in batch if each.digest not in before]
            made = await self._book(session, fresh, refused) if fresh else []
            await store.note_imported(
                session, self._plan.source, [(each, wish.id) for each, wish in made], request_id=self._request_id
            )
        self.result.already += len(before)
        self.result.appointments += len(made)
        for _, wish in made:
            for job in wish.jobs:
                self.result.jobs[job.kind] = self.result.jobs.get(job.kind, 0) + 1
        for line, reason in refused:
            self.result.refused.add(line, None, reason)

    async def _book(
        self, session: Session, fresh: Sequence[CheckedRow], refused: list[tuple[int, str]]
    ) -> list[tuple[CheckedRow, PlannedBooking]]:
        """The appointments that were made; adds the lines of the others to `refused`, with the reason."""
        known = await doctors.named(session, {each.doctor.id for each in fresh})
        usable = [each for each in fresh if _same_zone(each, known.get(each.doctor.id))]
        refused += [(each.line, "its doctor was changed since the check") for each in fresh if each not in usable]
        if not usable:
            return []
        await store.complete_clients(session, _people(usable))
        wishes = [self._wish(each, known[each.doctor.id]) for each in usable]
        answers = await appointments.book(session, wishes)
        made = []
        for each, wish, answer in zip(usable, wishes, answers, strict=True):
            if answer.outcome is BookingOutcome.BOOKED:
                made.append((each, wish))
            elif answer.outcome in _REASONS:
                refused.append((each.line, _REASONS[answer.outcome]))
            else:
                raise _DoctorChanged
        return made

    def _wish(self, wanted: CheckedRow, doctor: Doctor) -> PlannedBooking:
        row, appointment_id = wanted.row, new_id()
        return PlannedBooking(
            id=appointment_id,
            client_id=row.client_id,
            client_email=None,  # the client's row has it: an address of a token must not be replaced
            client_name=None,
            doctor_id=row.doctor_id,
            doctor_version=doctor.version,
            local_date=row.appointment_date,
            local_time=row.appointment_time,
            timezone=doctor.timezone,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            reason=row.reason or None,
            request_id=self._request_id,
            traceparent=None,
            idempotency_key=None,
            fingerprint=None,
            jobs=tuple(self._plan.jobs(appointment_id, wanted, doctor)),
        )


def _same_zone(wanted: CheckedRow, doctor: Doctor | None) -> bool:
    """Whether the instants of the check still are those of the doctor's clinic."""
    return doctor is not None and doctor.timezone == wanted.doctor.timezone


def _people(rows: Sequence[CheckedRow]) -> dict[str, list[str | None]]:
    """Each client with whatever the rows say of them; no two rows contradict each other."""
    people: dict[str, list[str | None]] = {}
    for each in rows:
        known = people.setdefault(each.row.client_id, [None] * len(each.row.person))
        people[each.row.client_id] = [
            value if value is not None else before for value, before in zip(each.row.person, known, strict=True)
        ]
    return people


class _DoctorChanged(Exception):
    """Ends a transaction whose doctor somebody has changed: the next try reads the doctor again."""
