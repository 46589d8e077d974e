"""The facts for every channel and the in-app notification, read just before the claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs.model import DOCTOR_KINDS, Channel, Kind
from shared.wording.interval import Interval

_KINDS: Final[Mapping[str, Kind]] = {str(kind): kind for kind in Kind}
_CHANNELS: Final[Mapping[str, Channel]] = {str(channel): channel for channel in Channel}
_OF_DOCTOR_NOTICES: Final = ("doctor_email", "doctor_locale", "previous_starts_at", "previous_ends_at", "is_cancelled")
_SQL: Final = statements("notifier_service.channels.sql", "notices.sql")


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """An appointment of a doctor's day, by the clinic's clock."""

    local_time: time
    client_name: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts of one job. Date and time are the clinic's; `timezone` is its IANA zone as booked."""

    job_id: UUID
    kind: Kind
    appointment_id: UUID
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    doctor_name: str
    doctor_specialty: str
    doctor_location: str
    client_id: str
    client_name: str | None
    client_email: str | None
    client_locale: str
    lost: int = 0  # attempts whose worker vanished, perhaps because of this job
    bound_to: str | None = None  # the mail server that may have the mail
    channel: Channel = Channel.EMAIL
    doctor_id: str = ""
    version: int = 1  # of the appointment's row
    client_timezone: str | None = None
    previous_starts_at: datetime | None = (
        None  # of a moved appointment; None in a move by an API of before migration 0032
    )
    previous_ends_at: datetime | None = None  # the same; None before migration 0035
    message: str | None = None  # of the staff to the client
    offered: tuple[Interval, ...] = ()  # of an offer: the times that are held for the client
    held_until: datetime | None = None  # the same: until when
    doctor_email: str | None = None  # of a mail to the doctor; null: no such mails are wanted any more
    doctor_locale: str | None = None  # the same
    is_cancelled: bool = False  # of a notice to the doctor: the appointment is cancelled by now
    agenda_day: date | None = None  # of a doctor's agenda
    agenda: tuple[AgendaLine, ...] = ()

    @property
    def mail_to(self) -> str | None:
        """The address of the client, or, of a mail to the doctor, the doctor's."""
        return self.doctor_email if self.kind in DOCTOR_KINDS else self.client_email


async def load(executor: Executor, job_ids: Sequence[UUID]) -> dict[UUID, Notice]:
    """The notices of these jobs. Missing are jobs without a row, and those of a kind or channel that only newer
    notifiers know. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["load"], job_ids)
    found = {row["job_id"]: _notice(row) for row in rows if row["kind"] in _KINDS and row["channel"] in _CHANNELS}
    offers = [each.job_id for each in found.values() if each.kind is Kind.OFFER]
    for job_id, held in groupby(await _held(executor, offers), lambda row: row["job_id"]):
        found[job_id] = _with_times(found[job_id], list(held))
    agendas = [each.job_id for each in found.values() if each.kind is Kind.AGENDA]
    for job_id, lines in groupby(await _lines(executor, agendas), lambda row: row["job_id"]):
        agenda = tuple(AgendaLine(row["local_time"], row["client_name"]) for row in lines)
        found[job_id] = replace(found[job_id], agenda=agenda)
    to_doctors = [each.job_id for each in found.values() if each.kind is Kind.DOCTOR_NOTICE]
    for row in await executor.fetch(_SQL["doctor_notices"], to_doctors) if to_doctors else []:
        found[row["job_id"]] = replace(found[row["job_id"]], **{name: row[name] for name in _OF_DOCTOR_NOTICES})
    return found


async def _held(executor: Executor, job_ids: Sequence[UUID]) -> Sequence[Row]:
    """The held times of offers, in order: a statement of its own, since few mails are offers."""
    return await executor.fetch(_SQL["held_times"], job_ids) if job_ids else []


async def _lines(executor: Executor, job_ids: Sequence[UUID]) -> Sequence[Row]:
    """The appointments of agendas, in order."""
    return await executor.fetch(_SQL["agenda"], job_ids) if job_ids else []


def _with_times(notice: Notice, held: Sequence[Row]) -> Notice:
    offered = tuple(Interval(*(row[name] for name in Interval._fields)) for row in held)
    return replace(notice, offered=offered, held_until=held[0]["held_until"])


def _notice(row: Row) -> Notice:
    read_apart = ("offered", "held_until", "agenda", "is_cancelled")
    values: dict[str, Any] = {name: row[name] for name in Notice.__slots__ if name not in read_apart}
    return Notice(**{**values, "kind": _KINDS[row["kind"]], "channel": _CHANNELS[row["channel"]]})
