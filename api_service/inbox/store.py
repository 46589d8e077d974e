"""Reads the in-app notifications of a client (sql/inbox.sql)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from api_service.web.pagination import Page
from api_service.web.value_types import Id, Instant, KindName
from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.inbox.sql", "inbox.sql")


class NotificationJson(TypedDict):
    """`readAt` is null until it is read."""

    id: Id
    kind: KindName
    title: Annotated[str, Field(examples=["Appointment confirmed"])]
    body: Annotated[str, Field(examples=["Dr. Ada Weber, Tuesday, 5 January 2027, 15:00"])]
    appointmentId: Id
    createdAt: Instant
    readAt: Instant | None


@dataclass(frozen=True, slots=True)
class Notification:
    id: UUID
    kind: str  # not a Kind: a newer release, which runs beside this one during an upgrade, may have more kinds
    title: str
    body: str
    appointment_id: UUID
    created_at: datetime
    read_at: datetime | None

    def to_json(self) -> NotificationJson:
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "appointmentId": self.appointment_id,
            "createdAt": self.created_at,
            "readAt": self.read_at,
        }


async def listed(executor: Executor, client_id: str, page: Page, *, unread: bool) -> list[Notification]:
    """A page of notifications, the newest first, and one more if there is one."""
    rows = await executor.fetch(_SQL["list"], client_id, unread, page.moment, page.id, page.limit + 1)
    return [mapped(Notification, row) for row in rows]


async def unread_count(executor: Executor, client_id: str) -> int:
    row = await executor.fetchrow(_SQL["unread"], client_id)
    return 0 if row is None else int(row["unread"])


async def mark_read(executor: Executor, notification_id: UUID, client_id: str) -> Notification | None:
    row = await executor.fetchrow(_SQL["read_one"], notification_id, client_id)
    return None if row is None else mapped(Notification, row)


async def mark_all_read(executor: Executor, client_id: str) -> int:
    """Marks all of a client's notifications as read. Returns the number that were unread."""
    return int((await executor.execute(_SQL["read_all"], client_id)).split()[-1])
