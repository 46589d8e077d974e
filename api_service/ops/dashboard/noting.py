"""Writes what somebody has found out about a cause of failure, and records that they did."""

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.dashboard.store import failures
from shared.database import Database


async def note(database: Database, group: str, text: str | None, *, operator: str) -> None:
    """None takes the note away."""
    async with database.transaction() as session:
        await failures.put_note(session, group, text or "", operator=operator)
        await actions.record(session, ActionKind.NOTE, By(operator, text), {"group": group})
