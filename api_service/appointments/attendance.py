"""Keeps the client's answer that they will come, and which way it came by."""

from uuid import UUID

from api_service.appointments import store
from api_service.appointments.errors import AlreadyBegun, AlreadyCancelled, ChangedMeanwhile
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Appointment, Origin
from api_service.web.conditional import EntityTags
from shared.database import Database


async def will_come(
    database: Database, appointment_id: UUID, client_id: str, *, if_match: EntityTags, origin: Origin, request_id: str
) -> Appointment | None:
    """The appointment with its answer; None when the client has no such one. The same answer once more changes nothing.

    The answer is about one time: the trigger of migration 0032 makes it void with a move or a cancellation, and the
    client is asked anew.
    Raises AlreadyCancelled, AlreadyBegun, ChangedMeanwhile.
    """
    async with database.transaction() as session:
        found = await store.lock(session, appointment_id, client_id)
        if found is None:
            return None
        appointment, begun = found
        if appointment.status == "cancelled":
            raise AlreadyCancelled
        if begun:
            raise AlreadyBegun
        if not if_match.name_version(appointment.version):
            raise ChangedMeanwhile
        is_new = await store.answer_attendance(session, appointment_id)
        if is_new:
            await store.note_act(session, appointment, "will_come", origin, request_id=request_id)
    if is_new:
        ACTS.labels("will_come", origin.via).inc()
    return await store.get(database, appointment_id, client_id)
