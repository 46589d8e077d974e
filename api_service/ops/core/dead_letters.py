"""Reads messages that could not be worked on, and discards one once somebody has dealt with it
(sql/dead_letters.sql)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.filters import LAST_ID, NEVER, LastSeen, LetterFilter
from shared.database import Database, Executor
from shared.database.rows import Row
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.core.sql", "dead_letters.sql")
BEFORE_ALL: Final = LastSeen(NEVER, LAST_ID)
"""The place before the newest row."""
_JSON: Final = ("headers", "properties")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be worked on. Text but for the body's is exact, with escapes (shared/safe_text.py).
    `size` of the body in bytes; `body` is empty in a list that was read without bodies."""

    id: UUID
    received_at: datetime
    queue: str | None
    reason: str
    detail: str
    message_id: str | None
    routing_key: str | None
    content_type: str | None
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]
    size: int
    body: bytes
    discarded_at: datetime | None
    discarded_by: str | None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        values = {name: row[name] for name in cls.__slots__}
        return cls(**(values | {name: orjson.loads(row[name]) for name in _JSON}))


async def listed(
    executor: Executor, wanted: LetterFilter, *, after: LastSeen | None, limit: int, bodies: bool
) -> list[DeadLetter]:
    """At most `limit` of them, the newest first, that come after the place `after`; `bodies`: with their bodies."""
    last = after or BEFORE_ALL
    rows = await executor.fetch(
        _SQL["list"], wanted.reason, wanted.since, wanted.until, last.moment, last.id, wanted.discarded, bodies, limit
    )
    return [DeadLetter.from_row(row) for row in rows]


async def one(executor: Executor, letter_id: UUID) -> DeadLetter | None:
    row = await executor.fetchrow(_SQL["one"], letter_id)
    return None if row is None else DeadLetter.from_row(row)


async def discard(database: Database, letter_id: UUID, by: By) -> bool:
    """Takes it off the list of open ones; it stays in the table, whole. False if it was dealt with already, or is
    not there."""
    async with database.transaction() as session:
        done = bool(await session.fetch(_SQL["discard"], letter_id, by.operator))
        if done:
            await actions.record(session, ActionKind.DISCARD, by, {"deadLetter": str(letter_id)})
    return done
