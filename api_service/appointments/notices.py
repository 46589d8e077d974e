"""Reads what was and will be said about an appointment (sql/notices.sql)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from api_service.web.value_types import ChannelName, Instant, KindName
from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.jobs.model import State

_SQL: Final = statements("api_service.appointments.sql", "notices.sql")


class NoticeJson(TypedDict):
    """`sentAt`: when the channel's server took it. `returnedAt`: when we heard that it came back all the same."""

    kind: KindName
    channel: ChannelName
    dueAt: Instant
    sentAt: Instant | None
    returnedAt: Instant | None
    state: State


class NoticesJson(TypedDict):
    items: Annotated[list[NoticeJson], Field(description="In the order of their times.")]


@dataclass(frozen=True, slots=True)
class AppointmentNotice:
    kind: str
    channel: str
    due_at: datetime
    sent_at: datetime | None
    returned_at: datetime | None
    state: State

    def to_json(self) -> NoticeJson:
        return {
            "kind": self.kind,
            "channel": self.channel,
            "dueAt": self.due_at,
            "sentAt": self.sent_at,
            "returnedAt": self.returned_at,
            "state": State(self.state),
        }


async def of_appointment(executor: Executor, appointment_id: UUID, client_id: str) -> list[AppointmentNotice]:
    """Of a client's own appointment; none where it has none, or its jobs were removed."""
    return [
        mapped(AppointmentNotice, row)
        for row in await executor.fetch(_SQL["of_appointment"], appointment_id, client_id)
    ]
