"""Takes a dead letter off the list once somebody has dealt with it; it stays in the table, whole."""

from uuid import UUID

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.dashboard.store import dead_letters
from shared.database import Database


async def discard(database: Database, letter_id: UUID, by: By) -> bool:
    """False where it was dealt with already."""
    async with database.transaction() as session:
        done = await dead_letters.discard(session, letter_id, operator=by.operator)
        if done:
            await actions.record(session, ActionKind.DISCARD, by, {"deadLetter": str(letter_id)})
    return done
