"""Says what a job would tell its client if it were sent now, and what the client has heard since (sql/previews.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from api_service.ops.core import selection
from api_service.ops.core.selection import Judged
from shared.database import Executor
from shared.database.rows import Row, mapped
from shared.database.sql_file import statements
from shared.jobs.model import Kind
from shared.wording import Languages
from shared.wording.subjects import mail_values, news, subject

_SQL: Final = statements("api_service.ops.core.sql", "previews.sql")


@dataclass(frozen=True, slots=True)
class Heard:
    """A mail that its server took (`channel` "email"), or a notification in the app ("app")."""

    kind: str
    at: datetime
    channel: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`subject` in the reader's language; `local_date` and `local_time` by the clocks of `timezone`; `recipient` is the
    whole address. `judged`: whether it would be sent at all."""

    kind: str
    subject: str
    recipient: str | None
    starts_at: datetime
    local_date: date
    local_time: time
    timezone: str
    heard_since: Sequence[Heard]
    judged: Judged


@dataclass(frozen=True, slots=True)
class Telling:
    """What a job tells: its mail's `subject` in the reader's language; `recipient` is the whole address."""

    id: UUID
    kind: str
    subject: str
    recipient: str | None
    local_date: date
    local_time: time
    timezone: str


async def tellings(executor: Executor, languages: Languages, job_ids: Sequence[UUID]) -> Sequence[Telling]:
    """Of few jobs, in the order of their ids; jobs that are gone are missing."""
    rows = await executor.fetch(_SQL["facts"], job_ids)
    return [mapped(Telling, row, subject=_subject(languages, row), recipient=row["email"]) for row in rows]


async def preview(executor: Executor, languages: Languages, job_id: UUID) -> Preview | None:
    """Whatever state the job is in; None where there is none."""
    judged, row = await selection.judge(executor, job_id), await executor.fetchrow(_SQL["facts"], [job_id])
    if judged is None or row is None:
        return None
    heard = await executor.fetch(_SQL["heard"], row["appointment_id"], row["created_at"], job_id)
    return mapped(
        Preview,
        row,
        subject=_subject(languages, row),
        recipient=row["email"],
        heard_since=[mapped(Heard, each) for each in heard],
        judged=judged,
    )


def _subject(languages: Languages, row: Row) -> str:
    language = languages.of(row["locale"] or "")
    values = mail_values(
        language, doctor=row["doctor"], name=row["name"], local_date=row["local_date"], local_time=row["local_time"]
    )
    part = "subject"
    if row["kind"] == Kind.DOCTOR_NOTICE:
        part = news(is_cancelled=row["is_cancelled"], is_moved=row["was_moved"])
    return str(subject(language, row["kind"], values, part))
