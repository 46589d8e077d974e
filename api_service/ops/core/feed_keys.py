"""Makes and revokes the keys of doctors' calendar feeds (sql/feed_keys.sql)."""

import secrets
from typing import Final

from api_service.doctors.feed_key import hash_of
from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from shared.database import Database
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.core.sql", "feed_keys.sql")
_BYTES: Final = 32


async def make(database: Database, doctor_id: str, by: By) -> str | None:
    """A new key, in place of an older one. It is shown once: only its hash is kept. None: no such doctor."""
    key = secrets.token_urlsafe(_BYTES)
    async with database.transaction() as session:
        if not await session.fetch(_SQL["make"], doctor_id, hash_of(key), by.operator):
            return None
        await actions.record(session, ActionKind.MAKE_FEED_KEY, by, {"doctorId": doctor_id})
    return key


async def revoke(database: Database, doctor_id: str, by: By) -> bool:
    """Closes the feed; False where it was not open."""
    async with database.transaction() as session:
        revoked = bool(await session.fetch(_SQL["revoke"], doctor_id))
        if revoked:
            await actions.record(session, ActionKind.REVOKE_FEED_KEY, by, {"doctorId": doctor_id})
    return revoked
