"""What operators are shown of jobs, attempts and dead letters."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api_service.answers import Id, Instant, KindName
from shared.jobs import Job, Priority, State


class JobJson(TypedDict):
    """`attempt` never decreases; `retries` is how many are used up, `lost` whose worker vanished."""

    id: Id
    kind: KindName
    priority: Priority
    state: State
    reason: str | None
    error: str | None
    appointmentId: Id
    clientId: Annotated[str, Field(examples=["client-1"])]
    dueAt: Instant
    attempt: int
    retries: int
    lost: int
    leaseOwner: str | None
    leaseUntil: Instant | None
    cancelRequested: bool
    requestId: str | None
    createdAt: Instant
    startedAt: Instant | None
    finishedAt: Instant | None


class AttemptJson(TypedDict):
    """An attempt that has ended; `error` may be the mail server's raw reply."""

    attempt: Annotated[int, Field(examples=[1])]
    startedAt: Instant
    finishedAt: Instant
    worker: str | None
    outcome: Annotated[str, Field(examples=["retrying"])]
    replyCode: Annotated[int | None, Field(examples=[451])]
    error: str | None


class EnvelopeJson(TypedDict):
    """The message that would claim the job as it stands."""

    exchange: Annotated[str, Field(examples=["notifications"])]
    routingKey: Priority
    messageId: str | None
    type: str | None
    correlationId: str | None
    headers: dict[str, Any]
    body: str


class JobWithAttemptsJson(JobJson):
    attempts: list[AttemptJson]
    envelope: EnvelopeJson


class DeadLetterJson(TypedDict):
    """A message that could not be worked on: `body` as text with what is no UTF-8 replaced, `bodyBase64` as it was."""

    id: Id
    receivedAt: Instant
    queue: str | None
    reason: str
    detail: str
    messageId: str | None
    routingKey: str | None
    contentType: str | None
    headers: dict[str, Any]
    body: str
    bodyBase64: str


class RequeuedJson(TypedDict):
    """`matched` failed jobs, of which `requeued` are tried again: none of a dry run."""

    matched: int
    requeued: int


class StatsJson(TypedDict):
    """`jobs` by state and kind, of what waits, runs or has failed."""

    jobs: Annotated[dict[str, dict[str, int]], Field(examples=[{"scheduled": {"appointment_reminder": 12}}])]
    oldestDueJobAgeSeconds: Annotated[float, Field(examples=[0.0])]


def shown(job: Job) -> JobJson:
    """A job as operators see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "priority": Priority(job.priority),
        "state": job.state,
        "reason": job.reason,
        "error": job.error,
        "appointmentId": job.appointment_id,
        "clientId": job.client_id,
        "dueAt": job.due_at,
        "attempt": job.attempt,
        "retries": job.retries,
        "lost": job.lost,
        "leaseOwner": job.lease_owner,
        "leaseUntil": job.lease_until,
        "cancelRequested": job.cancel_requested,
        "requestId": job.request_id,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }
