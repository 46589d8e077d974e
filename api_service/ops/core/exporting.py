"""Gathers everything about a person (sql/exporting.sql)."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.mentions import Mentions
from shared.database import Database, Session
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs.model import CLIENT_KINDS
from shared.people.addresses import normalised

log = structlog.get_logger("api_service.ops")

_SQL: Final = statements("api_service.ops.core.sql", "exporting.sql")
_OWN: Final = {
    "appointments": "appointments",
    "acts": "acts",
    "offers": "offers",
    "doctorNotices": "doctor_notices",
    "imported": "imported",
    "notifications": "notifications",
    "jobs": "jobs",
    "attempts": "attempts",
    "deliveryReports": "delivery_reports",
    "idempotencyAnswers": "answers",
    "streamSessions": "streams",
}
"""The parts of the answer that a statement gives for the client's id."""
JSON: Final = frozenset({("answers", "answer"), ("actions", "target")})
"""The columns, by their statement, that the driver gives as text of JSON."""
_OF_CLIENT_KINDS: Final = frozenset({"jobs", "attempts"})
"""The statements that take the kinds of jobs, too. A doctor's mail is no data of the client: its error may show the
doctor's address."""


Part = tuple[str, Sequence[Mapping[str, Any]]]
"""The name of a part of the answer, and some of its rows, which follow each other."""


async def export(database: Database, client_id: str, by: By) -> AsyncIterator[Part]:
    """The client, and then all rows about them, by table, in lists of bounded length: other requests are answered
    meanwhile. A part without rows has one empty list. Nothing: no such client. It is kept that an operator has read it.
    """
    async with database.transaction() as session:
        client = await session.fetchrow(_SQL["client"], client_id)
        if client is None:
            return
        yield "client", [_named("client", client)]
        jobs: list[str] = []
        for name, statement, values in _statements(client_id, client["email"]):
            async for rows in _rows(session, statement, *values):
                jobs += [str(row["id"]) for row in rows if statement == "jobs"]
                yield name, rows
        mentions = Mentions.of(client_id, [client["email"], client["name"], client["phone"]])
        async for rows in _rows(session, "actions", mentions.pattern, jobs):
            yield "operatorActions", rows
        await actions.record(session, ActionKind.EXPORT, by, {"clientId": client_id})
    log.info("client exported", operator=by.operator)


def _statements(client_id: str, email: str | None) -> Iterator[tuple[str, str, Sequence[object]]]:
    """The parts, their statements and values."""
    for name, statement in _OWN.items():
        kinds = [CLIENT_KINDS] if statement in _OF_CLIENT_KINDS else []
        yield name, statement, [client_id, *kinds]
    yield "suppressions", "suppressions", [None if email is None else normalised(email)]


async def _rows(session: Session, statement: str, *values: object) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    none = True
    async for rows in session.pages(_SQL[statement], *values):
        none = False
        yield [_named(statement, row) for row in rows]
    if none:
        yield []


def _named(statement: str, row: Row) -> Mapping[str, Any]:
    """A row with the names of the API."""
    return {_camel(name): _decoded(value, (statement, name)) for name, value in row.items()}


def _decoded(value: Any, column: tuple[str, str]) -> Any:
    return value if value is None or column not in JSON else orjson.loads(value)


def _camel(name: str) -> str:
    """
    >>> _camel("previous_starts_at")
    'previousStartsAt'
    """
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
