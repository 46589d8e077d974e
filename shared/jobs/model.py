"""The model of a job: its kinds, its states, and the transitions between states. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from shared.database.rows import Row
from shared.ids import traceparent_of


class Priority(StrEnum):
    """The work queue of a job. Two queues, so that a burst of reminders never delays a confirmation."""

    HIGH = "high"
    NORMAL = "normal"


class Kind(StrEnum):
    """The event that a job tells: the client, or the doctor (DOCTOR_KINDS)."""

    CREATED = "appointment_created_email"
    RESCHEDULED = "appointment_rescheduled_email"
    CANCELLED = "appointment_cancelled_email"
    OFFER = "appointment_offer_email"
    REMINDER = "appointment_reminder"
    AGENDA = "doctor_agenda_email"  # of a day, to the doctor
    DOCTOR_NOTICE = "doctor_notice_email"  # booked, moved or cancelled on the day itself, to the doctor

    @property
    def priority(self) -> Priority:
        return Priority.NORMAL if self in (Kind.REMINDER, Kind.AGENDA) else Priority.HIGH


DOCTOR_KINDS: Final = frozenset({Kind.AGENDA, Kind.DOCTOR_NOTICE})
"""The kinds that a doctor is told. No client hears or reads of them."""
CLIENT_KINDS: Final = tuple(kind for kind in Kind if kind not in DOCTOR_KINDS)
"""The kinds that a client is told: of these the texts, notifications, notices and records of a client are made."""


class Channel(StrEnum):
    """The way to the client. Each channel has a folder in notifier_service/channels (docs/extending.md)."""

    EMAIL = "email"


CHANNELS: Final[Mapping[Kind, tuple[Channel, ...]]] = dict.fromkeys(Kind, (Channel.EMAIL,))
"""The channels through which an event of each kind is told; a job for each channel."""


class State(StrEnum):
    """The state of a job; docs/state_machine.md draws the transitions."""

    SCHEDULED = "scheduled"  # waits for its time, or for a relay
    ENQUEUED = "enqueued"  # the broker confirmed its message
    PROCESSING = "processing"  # a worker holds its lease
    RETRYING = "retrying"  # waits in a retry queue for its next attempt
    SUCCEEDED = "succeeded"  # the mail server took it
    FAILED = "failed"  # waits for a person
    CANCELLED = "cancelled"  # its appointment was cancelled or moved, or an operator cancelled it
    SKIPPED = "skipped"  # nothing to send; the row says why


KINDS: Final[Mapping[str, Kind]] = {str(kind): kind for kind in Kind}
STATES: Final[Mapping[str, State]] = {str(state): state for state in State}
CHANNELS_BY_NAME: Final[Mapping[str, Channel]] = {str(channel): channel for channel in Channel}
"""The members of an enum by their values. `Kind("…")` takes five times as long, and each job has three such names."""
FINAL: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SKIPPED})
CLAIMABLE: Final = frozenset({State.SCHEDULED, State.ENQUEUED, State.RETRYING})
SUPERSEDED: Final = frozenset({Kind.CREATED, Kind.RESCHEDULED, Kind.OFFER, Kind.REMINDER, Kind.DOCTOR_NOTICE})
"""Kinds that a move or a cancellation takes back while they are unsent, also after a failure."""
MAX_LOST: Final = 3
"""The number of attempts with a vanished worker after which a job is left to a person."""

FOLLOWING: Final[Mapping[State, frozenset[State]]] = {
    State.SCHEDULED: frozenset({State.ENQUEUED, State.PROCESSING, State.CANCELLED, State.SKIPPED, State.FAILED}),
    State.ENQUEUED: frozenset({State.SCHEDULED, State.PROCESSING, State.CANCELLED, State.SKIPPED, State.FAILED}),
    State.RETRYING: frozenset({State.SCHEDULED, State.PROCESSING, State.CANCELLED, State.SKIPPED, State.FAILED}),
    State.PROCESSING: frozenset(
        {
            State.SUCCEEDED,
            State.RETRYING,
            State.FAILED,
            State.SKIPPED,
            State.SCHEDULED,
            State.CANCELLED,
        }
    ),
    State.FAILED: frozenset({State.SCHEDULED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.CANCELLED: frozenset(),
    State.SKIPPED: frozenset(),
}
"""The states that may follow each state. Only failed has a way back, and only by hand."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The content of a message: a job, and the attempt number of its row when it was published."""

    job_id: UUID
    attempt: int
    kind: Kind
    appointment_id: UUID
    due_at: datetime
    request_id: str | None = None
    traceparent: str | None = None
    channel: Channel = Channel.EMAIL

    @classmethod
    def from_row(cls, row: Row) -> Self:
        return cls(
            job_id=row["id"],
            attempt=row["attempt"],
            kind=KINDS[row["kind"]],
            appointment_id=row["appointment_id"],
            due_at=row["due_at"],
            request_id=row["request_id"],
            traceparent=row["traceparent"] or traceparent_of(row["request_id"]),
            channel=CHANNELS_BY_NAME[row["channel"]],
        )

    @property
    def priority(self) -> Priority:
        return self.kind.priority


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the jobs table, as operators see it."""

    id: UUID
    kind: Kind
    channel: Channel
    priority: Priority
    state: State
    appointment_id: UUID
    client_id: str
    due_at: datetime
    expires_at: datetime | None
    attempt: int
    retries: int
    lost: int
    lease_owner: str | None
    lease_until: datetime | None
    cancel_requested: bool
    reason: str | None
    error: str | None
    request_id: str | None
    traceparent: str | None
    created_at: datetime
    published_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    parked_since: datetime | None
    event_id: UUID | None
    resend_of: UUID | None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        values = {name: row[name] for name in cls.__slots__}
        known = {
            "kind": Kind(row["kind"]),
            "channel": Channel(row["channel"]),
            "priority": Priority(row["priority"]),
            "state": State(row["state"]),
            "traceparent": row["traceparent"] or traceparent_of(row["request_id"]),
        }
        return cls(**(values | known))
