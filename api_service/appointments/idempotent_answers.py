"""Finds the earlier answer to a booking with the same idempotency key, and forgets answers after a day
(sql/idempotent_answers.sql)."""

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from api_service.appointments.errors import KeyReused
from api_service.appointments.model import Appointment, Origin, Via
from api_service.web.idempotency import Once
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.process.loops import run_loop

KEPT: Final = 86_400.0
"""Seconds that an answer is kept at least, and until the next round of forgetting."""
BATCH: Final = 500
PAUSE: Final = 0.2
"""Seconds between two batches, so that forgetting never displaces bookings."""
EVERY: Final = 60.0
_SQL: Final = statements("api_service.appointments.sql", "idempotent_answers.sql")
_ROUTES: Final[Mapping[Via, str]] = {"api": "POST /api/client/appointments", "staff": "POST /api/staff/appointments"}
"""Keys of one person for different routes are different keys."""
_APPOINTMENT: Final = TypeAdapter(Appointment)


async def find(executor: Executor, origin: Origin, once: Once) -> Appointment | None:
    """The appointment of the first answer; None when this key has booked nothing.

    Raises KeyReused when the key came with another body.
    """
    row = await executor.fetchrow(_SQL["find"], origin.actor, once.key, _ROUTES[origin.via])
    if row is None:
        return None
    if row["fingerprint"] != once.fingerprint:
        raise KeyReused
    return _APPOINTMENT.validate_json(row["answer"])


async def forget(executor: Executor, *, kept: float = KEPT, limit: int = BATCH) -> int:
    """Deletes at most `limit` answers older than `kept` seconds. Returns their number."""
    return int((await executor.execute(_SQL["forget"], kept, limit)).split()[-1])


async def forget_for_ever(database: Database) -> None:
    """Forgets until cancelled. Several instances may do so at once."""

    async def turn() -> float:
        return PAUSE if await forget(database) == BATCH else EVERY

    await run_loop("answers-forgetting", turn)
