"""Keeps the record of what operators did by hand (sql/actions.sql)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

import orjson

from shared.database import Executor, Session
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.ids import new_id

_SQL: Final = statements("api_service.ops.core.sql", "actions.sql")


class ActionKind(StrEnum):
    REQUEUE = "requeue"  # one failed job
    REQUEUE_MANY = "requeue_many"  # those of a filter
    CANCEL = "cancel"  # one job, or those that were ticked
    CANCEL_MANY = "cancel_many"  # those of a filter
    RESEND = "resend"  # one job that has ended, as a new job
    DISCARD_JOB = "discard_job"  # a failed job that was given up
    PAUSE = "pause"
    RESUME = "resume"
    SUPPRESS = "suppress"
    ALLOW = "allow"  # no longer suppressed
    DISMISS = "dismiss"  # a suppression that delivery reports proposed
    DISCARD = "discard"  # a dead letter that was dealt with
    RELEASE_PACE = "release_pace"  # of parked mails
    NOTE = "note"  # on a cause of failure
    EXPORT = "export"  # everything about a person
    ERASE = "erase"  # a person
    MAKE_FEED_KEY = "make_feed_key"  # of a doctor's calendar feed
    REVOKE_FEED_KEY = "revoke_feed_key"


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and why if they said so."""

    operator: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """`target`: what it was done to, or the filter that chose it; `matched` things, of which `changed` were."""

    id: UUID
    at: datetime
    operator: str
    action: str
    target: dict[str, Any]
    matched: int
    changed: int
    reason: str | None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        values = {name: row[name] for name in cls.__slots__}
        return cls(**(values | {"target": orjson.loads(row["target"])}))


@dataclass(frozen=True, slots=True)
class LastRequeue:
    at: datetime
    operator: str
    changed: int


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """What a reader narrows the record by; None: not at all."""

    operator: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def record(
    session: Session, kind: ActionKind, by: By, target: Mapping[str, Any], *, matched: int = 1, changed: int = 1
) -> None:
    """Joins the transaction of the action, so that neither is there without the other."""
    kept = orjson.dumps(target, default=str).decode()
    await session.execute(_SQL["record"], new_id(), by.operator, kind, kept, matched, changed, by.reason)


async def listed(executor: Executor, wanted: ActionFilter, *, after: UUID | None, limit: int) -> list[Action]:
    """At most `limit` actions, the newest first: those that are older than the action `after`."""
    rows = await executor.fetch(_SQL["list"], wanted.operator, wanted.action, wanted.since, wanted.until, after, limit)
    return [Action.from_row(row) for row in rows]


async def last_requeues(executor: Executor) -> Mapping[str, LastRequeue]:
    """The newest bulk requeue by cause of failure, and by kind where it was of a whole kind."""
    found: dict[str, LastRequeue] = {}
    for row in await executor.fetch(_SQL["last_requeues"]):
        key, done = row["error_group"] or row["kind"], LastRequeue(row["at"], row["operator"], row["changed"])
        if key not in found or found[key].at < done.at:
            found[key] = done
    return found
