"""Records whether the client came, after the start. The client's own answer before the visit is another thing."""

from uuid import UUID

from api_service.appointments import store as appointments
from api_service.appointments.errors import AlreadyCancelled, NotBegun
from api_service.appointments.metrics import ACTS
from api_service.appointments.model import Act, Origin
from api_service.staff import store
from api_service.staff.model import Visit
from shared.database import Database


async def record(
    database: Database, appointment_id: UUID, *, attended: bool, origin: Origin, request_id: str
) -> Visit | None:
    """The appointment with what was recorded; None where there is no such one. It may be corrected at any time.

    Raises NotBegun, AlreadyCancelled.
    """
    act: Act = "attended" if attended else "missed"
    known = await store.get(database, appointment_id)
    if known is None:
        return None
    async with database.transaction() as session:
        found = await appointments.lock(session, appointment_id, known.client.id)
        if found is None:
            return None
        appointment, begun = found
        if appointment.status == "cancelled":
            raise AlreadyCancelled
        if not begun:
            raise NotBegun
        is_new = await store.record_attendance(session, appointment_id, attended=attended)
        if is_new:
            await appointments.note_act(session, appointment, act, origin, request_id=request_id)
    if is_new:
        ACTS.labels(act, origin.via).inc()
    return await store.get(database, appointment_id)
