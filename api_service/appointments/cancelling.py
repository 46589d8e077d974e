"""Cancels an appointment and its planned jobs, and tells the client, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from api_service.appointments import store
from api_service.appointments.errors import AlreadyBegun, ChangedMeanwhile
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.relay.dispatch import Dispatch
from api_service.relay.metrics import JOBS_CREATED
from api_service.web.conditional import EntityTags
from shared.database import Database, Session
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind, State, Ticket
from shared.jobs.store import jobs_of_event


async def cancel(
    database: Database,
    dispatch: Dispatch,
    appointment_id: UUID,
    client_id: str,
    *,
    if_match: EntityTags | None = None,
    origin: Origin | None = None,
    request_id: str,
    traceparent: str,
) -> Appointment | None:
    """The cancelled appointment, also when it was cancelled before; None when the client has none such. `origin`: who
    wants it, which is kept; None: the client, by the API.

    Raises AlreadyBegun, ChangedMeanwhile.
    """
    origin = origin or Origin(client_id)
    async with database.transaction() as session:
        found = await store.lock(session, appointment_id, client_id)
        if found is None:
            return None
        appointment, begun = found
        created: list[tuple[Ticket, State]] = []
        if appointment.status == "booked":
            if begun:
                raise AlreadyBegun
            # If-Match does not matter once it is cancelled: the wanted change has been made (RFC 9110 §13.1.1)
            if if_match is not None and not if_match.name_version(appointment.version):
                raise ChangedMeanwhile
            created = await cancel_locked(
                session,
                appointment,
                origin,
                request_id=request_id,
                traceparent=traceparent,
                head_start=dispatch.head_start,
            )
    tell_created(dispatch, created, origin)
    return await store.get(database, appointment_id, client_id)


async def cancel_locked(
    session: Session,
    appointment: Appointment,
    origin: Origin,
    *,
    request_id: str,
    traceparent: str,
    head_start: float,
) -> list[tuple[Ticket, State]]:
    """Cancels a booked appointment that the caller has locked, and plans the mail about it, in the caller's
    transaction. Returns the new jobs, for `tell_created` after the commit."""
    told = jobs_of_event(Kind.CANCELLED, appointment.id)
    await store.cancel(session, appointment.id)
    after = replace(appointment, version=appointment.version + 1)
    await store.note_act(session, after, "cancelled", origin, request_id=request_id, event_id=told[0].id)
    await job_store.cancel_of_appointment(session, appointment.id, SUPERSEDED, reason="the appointment was cancelled")
    return await job_store.create(
        session,
        told,
        appointment_id=appointment.id,
        client_id=appointment.client_id,
        request_id=request_id,
        traceparent=traceparent,
        head_start=head_start,
    )


def tell_created(dispatch: Dispatch, created: Sequence[tuple[Ticket, State]], origin: Origin) -> None:
    """After the commit: lets the relay publish the jobs of a cancellation, and counts them."""
    dispatch.offer([ticket for ticket, state in created if state is State.SCHEDULED])
    for ticket, _ in created:
        JOBS_CREATED.labels(ticket.kind).inc()
    if created:
        ACTS.labels("cancelled", origin.via).inc()
