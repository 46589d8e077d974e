"""Reads jobs, attempts and dead letters for operators (sql/jobs.sql)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from api_service.ops.answers import AttemptJson, DeadLetterJson
from api_service.pagination import Page
from shared.database import Executor
from shared.jobs import Job
from shared.sql_file import statements

_SQL: Final = statements("api_service.ops.sql", "jobs.sql")


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What an operator narrows jobs by; None: not at all. `error` is contained in the job's error."""

    state: str | None = None
    kind: str | None = None
    appointment_id: UUID | None = None
    client_id: str | None = None
    error: str | None = None


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
    """A message that could not be worked on, whole."""

    id: UUID
    received_at: datetime
    queue: str | None
    reason: str
    detail: str
    message_id: str | None
    routing_key: str | None
    content_type: str | None
    headers: dict[str, Any]
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
            "body": self.body.decode("utf-8", "replace"),
            "bodyBase64": base64.b64encode(self.body).decode(),
        }


async def jobs(executor: Executor, wanted: JobFilter, page: Page) -> list[Job]:
    """A page, and one more if there is one; the newest first."""
    rows = await executor.fetch(
        _SQL["list"],
        wanted.state,
        wanted.kind,
        wanted.appointment_id,
        wanted.client_id,
        _like(wanted.error),
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


async def failed(executor: Executor, wanted: JobFilter, *, limit: int) -> Sequence[UUID]:
    """The failed jobs of a filter, whatever its state says; the oldest first."""
    rows = await executor.fetch(
        _SQL["failed"], wanted.kind, wanted.appointment_id, wanted.client_id, _like(wanted.error), limit
    )
    return [row["id"] for row in rows]


async def live_counts(executor: Executor) -> list[tuple[str, str, int]]:
    """(state, kind, jobs) of what waits, runs or has failed."""
    return [tuple(row) for row in await executor.fetch(_SQL["live_counts"])]


async def oldest_due_age(executor: Executor) -> float:
    """Seconds since the job that has waited longest was due; 0 when none waits."""
    row = await executor.fetchrow(_SQL["oldest_due"])
    return 0.0 if row is None or row[0] is None else float(row[0])


async def dead_letters(executor: Executor, page: Page) -> list[DeadLetter]:
    """A page, and one more if there is one; the newest first."""
    rows = await executor.fetch(_SQL["dead_letters"], page.moment, page.id, page.limit + 1)
    return [_dead_letter(row) for row in rows]


async def dead_letter(executor: Executor, letter_id: UUID) -> DeadLetter | None:
    row = await executor.fetchrow(_SQL["dead_letter"], letter_id)
    return None if row is None else _dead_letter(row)


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(**(dict(row) | {"headers": orjson.loads(row["headers"])}))


def _like(text: str | None) -> str | None:
    """Text as a LIKE pattern that means itself."""
    if text is None:
        return None
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
