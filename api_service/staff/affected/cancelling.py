"""Cancels affected appointments, with the staff's words in the mails."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import cancelling
from api_service.appointments.model import Origin
from api_service.doctors.affected import Affected
from api_service.relay.dispatch import DISPATCH
from api_service.staff.affected.acting import CHANGED, ActReport, held, on_each
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT

CANCELLED: Final = "cancelled"


async def cancel(request: web.Request, found: Sequence[Affected], origin: Origin, *, per_second: float) -> ActReport:
    """Raises DatabaseUnavailable, Contention, UnknownZone."""
    database, dispatch = request.app[DATABASE], request.app[DISPATCH]

    async def one(appointment_id: UUID) -> str:
        async with database.transaction() as session:
            located = await held(session, appointment_id)
            if located is None:
                return CHANGED
            created = await cancelling.cancel_locked(
                session,
                located[0],
                origin,
                request_id=request[REQUEST_ID],
                traceparent=request[TRACEPARENT],
                head_start=dispatch.head_start,
            )
        cancelling.tell_created(dispatch, created, origin)
        return CANCELLED

    return await on_each(found, one, per_second=per_second)
