"""Keeps the record of what operators did by hand (sql/actions.sql)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

import orjson

from api_service.ops.core.answers import ActionJson
from api_service.web.pagination import Page
from shared.database import Executor, Session
from shared.database.sql_file import statements
from shared.ids import new_id

_SQL: Final = statements("api_service.ops.core.sql", "actions.sql")


class ActionKind(StrEnum):
    REQUEUE = "requeue"  # one failed job
    REQUEUE_MANY = "requeue_many"  # those of a filter
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    SUPPRESS = "suppress"
    ALLOW = "allow"  # no longer suppressed
    DISCARD = "discard"  # a dead letter that was dealt with
    NOTE = "note"  # on a cause of failure


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
    def from_row(cls, row: Any) -> Self:
        return cls(**(dict(row) | {"target": orjson.loads(row["target"])}))

    def to_json(self) -> ActionJson:
        return {
            "id": self.id,
            "at": self.at,
            "operator": self.operator,
            "action": self.action,
            "target": self.target,
            "matched": self.matched,
            "changed": self.changed,
            "reason": self.reason,
        }


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


async def listed(executor: Executor, wanted: ActionFilter, page: Page) -> list[Action]:
    """A page, and one more if there is one; the newest first."""
    rows = await executor.fetch(
        _SQL["list"], wanted.operator, wanted.action, wanted.since, wanted.until, page.id, page.limit + 1
    )
    return [Action.from_row(row) for row in rows]
