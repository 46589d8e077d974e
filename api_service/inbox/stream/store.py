"""Reads the notifications of many open streams in one statement (sql/stream.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import structlog

from api_service.inbox.store import Notification
from api_service.inbox.stream.cursor import START, Cursor
from shared.database import Database
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.errors import Contention, Unavailable

log = structlog.get_logger("api_service.stream")

PAGE: Final = 50
"""The largest number of notifications in one fetch for one stream. A long replay is read as fast as the client takes
it."""
_SQL: Final = statements("api_service.inbox.stream.sql", "stream.sql")


@dataclass(frozen=True, slots=True)
class StreamQuery:
    """Asks for a client's notifications after the cursor; without a cursor, for the position to begin at."""

    client_id: str
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class PlacedNotification:
    """A notification, and its position in the order of commits."""

    notification: Notification
    xact: int
    settled: bool

    @property
    def id(self) -> UUID:
        return self.notification.id


@dataclass(frozen=True, slots=True)
class StreamPage:
    """The answer to one stream. `horizon`: the oldest transaction that ran at the time of the read."""

    horizon: int
    unread: int
    rows: list[PlacedNotification] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether there may be more notifications."""
        return len(self.rows) == PAGE


async def fetch_pages(database: Database, queries: Sequence[StreamQuery]) -> list[StreamPage]:
    """One page for each query, in order, all from one snapshot. Raises DatabaseUnavailable."""
    places = [query.cursor for query in queries]
    try:
        rows = await database.fetch(
            _SQL["pages"],
            [query.client_id for query in queries],
            [None if cursor is None else cursor.xact for cursor in places],
            [START if cursor is None else cursor.id for cursor in places],
            PAGE,
        )
    except (Unavailable, Contention) as error:
        # once here, not in each of a thousand streams
        log.warning("streams wait for the database", streams=len(queries), error=str(error))
        raise
    return [_page(list(group)) for _, group in groupby(rows, key=itemgetter("place"))]


def _page(rows: Sequence[Any]) -> StreamPage:
    return StreamPage(rows[0]["horizon"], rows[0]["unread"], [_placed(row) for row in rows if row["id"] is not None])


def _placed(row: Any) -> PlacedNotification:
    return mapped(PlacedNotification, row, notification=mapped(Notification, row))
