"""Reads what open streams wait for: many in one statement (sql/stream.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import structlog

from api_service.inbox.cursor import START, Cursor
from api_service.inbox.store import Notification
from shared.database import Database
from shared.database.sql_file import statements
from shared.errors import Contention, Unavailable

log = structlog.get_logger("api_service.stream")

PAGE: Final = 50
"""Most notifications that one look brings to one stream: a long replay is read as the client takes it."""
_SQL: Final = statements("api_service.inbox.sql", "stream.sql")


@dataclass(frozen=True, slots=True)
class Want:
    """What a stream asks: everything beyond its cursor; without one, where to begin."""

    client_id: str
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Told:
    """A notification with its place in the order of commits."""

    notification: Notification
    xact: int
    settled: bool

    @property
    def id(self) -> UUID:
        return self.notification.id


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one stream. `horizon`: the oldest transaction that ran when it was read."""

    horizon: int
    unread: int
    told: list[Told] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether there may be more."""
        return len(self.told) == PAGE


async def look(database: Database, wants: Sequence[Want]) -> list[Found]:
    """One answer a stream, in order, all of one snapshot. Raises DatabaseUnavailable."""
    places = [want.cursor for want in wants]
    try:
        rows = await database.fetch(
            _SQL["look"],
            [want.client_id for want in wants],
            [None if cursor is None else cursor.xact for cursor in places],
            [START if cursor is None else cursor.id for cursor in places],
            PAGE,
        )
    except (Unavailable, Contention) as error:
        # here, and not by each of a thousand streams
        log.warning("streams wait for the database", streams=len(wants), error=str(error))
        raise
    return [_found(list(group)) for _, group in groupby(rows, key=itemgetter("place"))]


def _found(rows: Sequence[Any]) -> Found:
    return Found(rows[0]["horizon"], rows[0]["unread"], [_told(row) for row in rows if row["id"] is not None])


def _told(row: Any) -> Told:
    return Told(Notification(*row[3:10]), row["xact"], row["settled"])
