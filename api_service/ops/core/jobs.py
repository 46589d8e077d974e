"""Reads jobs, attempts and dead letters for operators (sql/jobs.sql)."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import orjson

from api_service.ops.core.answers import AttemptJson, DeadLetterJson
from api_service.ops.core.text import pattern
from api_service.web.pagination import Page
from shared.database import Database, Executor, Session
from shared.database.sql_file import statements
from shared.jobs.model import Job
from shared.storable import storable

_SQL: Final = statements("api_service.ops.core.sql", "jobs.sql")


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What an operator narrows jobs by; None: not at all. `error` is contained in the error of a failed or retrying
    job, `ids` are the first and the last id that count."""

    state: str | None = None
    kind: str | None = None
    appointment_id: UUID | None = None
    client_id: str | None = None
    error: str | None = None
    ids: tuple[UUID, UUID] | None = None


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """What an operator narrows dead letters by; None: not at all."""

    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    attempt: int
    started_at: datetime
    finished_at: datetime
    worker: str | None
    outcome: str
    reply_code: int | None
    error: str | None

    def to_json(self) -> AttemptJson:
        return {
            "attempt": self.attempt,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "worker": self.worker,
            "outcome": self.outcome,
            "replyCode": self.reply_code,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be worked on, whole. Text but for the body's is exact, with escapes (escaped)."""

    id: UUID
    received_at: datetime
    queue: str | None
    reason: str
    detail: str
    message_id: str | None
    routing_key: str | None
    content_type: str | None
    headers: dict[str, Any]
    properties: dict[str, Any]
    body: bytes

    def to_json(self) -> DeadLetterJson:
        return {
            "id": self.id,
            "receivedAt": self.received_at,
            "queue": self.queue,
            "reason": self.reason,
            "detail": self.detail,
            "messageId": self.message_id,
            "routingKey": self.routing_key,
            "contentType": self.content_type,
            "headers": self.headers,
            "properties": self.properties,
            "body": storable(self.body, longest=None, lines=True),
            "bodyBase64": base64.b64encode(self.body).decode(),
        }


async def jobs(database: Database, wanted: JobFilter, page: Page) -> list[Job]:
    """A page, and one more if there is one; the newest first."""
    first, last = wanted.ids or (None, None)
    async with planned_anew(database) as session:
        rows = await session.fetch(
            _SQL["list"],
            wanted.state,
            wanted.kind,
            wanted.appointment_id,
            wanted.client_id,
            pattern(wanted.error),
            first,
            last,
            page.id,
            page.limit + 1,
        )
    return [Job.from_row(row) for row in rows]


async def job(executor: Executor, job_id: UUID) -> Job | None:
    row = await executor.fetchrow(_SQL["one"], job_id)
    return None if row is None else Job.from_row(row)


async def attempts(executor: Executor, job_id: UUID) -> list[Attempt]:
    """The attempts that have ended, oldest first."""
    return [Attempt(*row) for row in await executor.fetch(_SQL["attempts"], job_id)]


async def now(executor: Executor) -> datetime:
    """The database's clock, by which jobs fail."""
    [[moment]] = await executor.fetch(_SQL["clock"])
    return cast("datetime", moment)


async def dead_letters(executor: Executor, wanted: LetterFilter, page: Page) -> list[DeadLetter]:
    """A page, and one more if there is one; the newest first."""
    rows = await executor.fetch(
        _SQL["dead_letters"], wanted.reason, wanted.since, wanted.until, page.moment, page.id, page.limit + 1
    )
    return [_dead_letter(row) for row in rows]


async def dead_letter(executor: Executor, letter_id: UUID) -> DeadLetter | None:
    row = await executor.fetchrow(_SQL["dead_letter"], letter_id)
    return None if row is None else _dead_letter(row)


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(**(dict(row) | {name: orjson.loads(row[name]) for name in ("headers", "properties")}))


@asynccontextmanager
async def planned_anew(database: Database) -> AsyncIterator[Session]:
    """A transaction whose statements are planned for the values that they come with."""
    async with database.transaction() as session:
        await session.execute(_SQL["plan_anew"])
        yield session
