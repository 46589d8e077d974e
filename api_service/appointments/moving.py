"""Moves an appointment or changes its reason. A move plans new reminders in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import store
from api_service.appointments.errors import AlreadyBegun, AlreadyCancelled, ChangedMeanwhile, SlotTaken
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.appointments.schemas import ChangeRequest
from api_service.doctors import slot_rules
from api_service.doctors import store as doctors
from api_service.relay.dispatch import Dispatch
from api_service.relay.metrics import JOBS_CREATED
from api_service.web.conditional import EntityTags
from shared.database import Database, Session
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind, State, Ticket
from shared.jobs.store import NewJob, jobs_of_event


class MovingService:
    """Moves clients' appointments, and changes their reasons."""

    def __init__(
        self,
        database: Database,
        dispatch: Dispatch,
        *,
        reminder_offsets: Sequence[float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`reminder_offsets`: seconds before the appointment, one for each reminder, of doctors without their own."""
        self._database = database
        self._dispatch = dispatch
        self._offsets = reminder_offsets
        self._now = now

    async def change(
        self,
        appointment_id: UUID,
        client_id: str,
        request: ChangeRequest,
        *,
        if_match: EntityTags | None,
        origin: Origin | None = None,
        request_id: str,
        traceparent: str,
    ) -> Appointment | None:
        """The changed appointment; None when the client has no such one. Nothing changes for a wish that is met.
        `origin`: who wants it, which is kept; None: the client, by the API.

        Raises NotBookable, SlotTaken, ChangedMeanwhile, AlreadyBegun, AlreadyCancelled.
        """
        origin, told = origin or Origin(client_id), jobs_of_event(Kind.RESCHEDULED, appointment_id)
        try:
            async with self._database.transaction() as session:
                before = await self._movable(session, appointment_id, client_id, if_match)
                if before is None:
                    return None
                after, offsets = await self._changed(session, before, request)
                tickets: list[Ticket] = []
                is_moved = _told(after) != _told(before)
                if after != before and not await store.move(session, after):
                    raise _Taken(after)
                if after != before:
                    await _note(session, before, after, origin, request_id, told[0].id)
                if is_moved:
                    tickets = await self._plan_anew(session, after, told, offsets, request_id, traceparent)
        except _Taken as taken:
            await self._explain_taken(taken.wish)
        self._dispatch.offer(tickets)
        if after != before:
            ACTS.labels("moved" if is_moved else "reason_changed", origin.via).inc()
        return await store.get(self._database, appointment_id, client_id)

    async def _movable(
        self, session: Session, appointment_id: UUID, client_id: str, if_match: EntityTags | None
    ) -> Appointment | None:
        found = await store.lock(session, appointment_id, client_id)
        if found is None:
            return None
        appointment, begun = found
        # a request that would be refused anyhow gets that reason first (RFC 9110 §13.2.1)
        if appointment.status == "cancelled":
            raise AlreadyCancelled
        if begun:
            raise AlreadyBegun
        if if_match is not None and not if_match.name_version(appointment.version):
            raise ChangedMeanwhile
        return appointment

    async def _changed(
        self, session: Session, before: Appointment, request: ChangeRequest
    ) -> tuple[Appointment, Sequence[float]]:
        """The appointment as it is wanted, and the offsets of its new reminders; none where its time stays."""
        after = replace(before, reason=(request.reason or None) if request.says_reason else before.reason)
        day = request.appointment_date or before.local_date
        clock = request.appointment_time or before.local_time
        if (day, clock) == (before.local_date, before.local_time):
            return after, ()
        doctor = await doctors.get(session, before.doctor_id)
        if doctor is None:
            raise LookupError(f"appointment {before.id} refers to a doctor that is not there")
        slot = slot_rules.slot(doctor, day, clock, self._now())
        moved = replace(
            after,
            local_date=slot.local_date,
            local_time=slot.local_time,
            timezone=doctor.timezone,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        return moved, doctor.offsets_or(self._offsets)

    async def _plan_anew(
        self,
        session: Session,
        after: Appointment,
        told: Sequence[NewJob],
        offsets: Sequence[float],
        request_id: str,
        traceparent: str,
    ) -> list[Ticket]:
        """Cancels the unsent jobs about the old time, and creates one mail and the reminders for the new one."""
        await job_store.cancel_of_appointment(session, after.id, SUPERSEDED, reason="the appointment was moved")
        reminders = (
            job
            for offset in offsets
            for job in jobs_of_event(
                Kind.REMINDER, after.id, after.starts_at - timedelta(seconds=offset), after.starts_at
            )
        )
        created = await job_store.create(
            session,
            [*told, *reminders],
            appointment_id=after.id,
            client_id=after.client_id,
            request_id=request_id,
            traceparent=traceparent,
            head_start=self._dispatch.head_start,
        )
        for ticket, _ in created:
            JOBS_CREATED.labels(ticket.kind).inc()
        return [ticket for ticket, state in created if state is State.SCHEDULED and ticket.kind == Kind.RESCHEDULED]

    async def _explain_taken(self, wish: Appointment) -> None:
        """Always raises SlotTaken."""
        occupant = await store.occupant(self._database, wish.doctor_id, wish.starts_at, wish.ends_at)
        own = occupant is not None and occupant[1] == wish.client_id and occupant[0] != wish.id
        raise SlotTaken(occupant[0] if own and occupant else None)


async def _note(
    session: Session, before: Appointment, after: Appointment, origin: Origin, request_id: str, event_id: UUID
) -> None:
    """A move, or a new reason. The words of a reason are not kept here."""
    after = replace(after, version=before.version + 1)
    if _told(after) == _told(before):
        await store.note_act(session, after, "reason_changed", origin, request_id=request_id)
    else:
        await store.note_act(session, after, "moved", origin, request_id=request_id, before=before, event_id=event_id)


def _told(appointment: Appointment) -> tuple[object, ...]:
    """The time of an appointment as its client sees it. (The revision of migration 0018 counts changes of the clinic's
    own.)"""
    return appointment.local_date, appointment.local_time, appointment.starts_at


class _Taken(Exception):
    """Ends the transaction that the constraint has aborted."""

    def __init__(self, wish: Appointment) -> None:
        super().__init__("taken")
        self.wish = wish


MOVES: Final = web.AppKey("moves", MovingService)
