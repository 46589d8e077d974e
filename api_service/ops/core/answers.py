"""What operators are shown of jobs, attempts and dead letters."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api_service.web.value_types import Id, Instant, KindName
from shared.jobs.model import Job, Priority, State


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
    r"""A message that could not be worked on. `body`: as text, with escapes for what is none (`\x00`, `\xff`);
    `bodyBase64`: as it was. All other text is exact: beside the same escapes, a backslash is written as two.
    `properties`: all of AMQP's, with the exchange that it came by."""

    id: Id
    receivedAt: Instant
    queue: str | None
    reason: str
    detail: str
    messageId: str | None
    routingKey: str | None
    contentType: str | None
    headers: dict[str, Any]
    properties: dict[str, Any]
    body: str
    bodyBase64: str


class RequeuedJson(TypedDict):
    """`matched` jobs had failed before `failedBefore`, of which `requeued` are tried again: none of a dry run.
    `excluded`: how many are not, or would not be, by why."""

    matched: int
    requeued: int
    excluded: Annotated[
        dict[str, int],
        Field(
            description="cancelled, moved (told another time since), begun, suppressed, possiblySent. More may come.",
            examples=[{"cancelled": 2, "begun": 1}],
        ),
    ]
    failedBefore: Instant


class QueueJson(TypedDict):
    """`depth`: messages that wait in the broker, null where nobody can tell just now; `oldestDueAgeSeconds`: since the
    job that has waited longest was due."""

    name: Annotated[str, Field(examples=["notifications.high"])]
    priority: Priority
    state: Literal["running", "paused"]
    reason: str | None
    since: Instant | None
    by: str | None
    depth: Annotated[int | None, Field(examples=[0])]
    oldestDueAgeSeconds: float


class SuppressionJson(TypedDict):
    """An address that mail does not reach."""

    address: Annotated[str, Field(examples=["client-1@patients.example"])]
    reason: Annotated[str, Field(examples=["550 no such mailbox"])]
    by: Annotated[str, Field(examples=["operator"])]
    since: Instant


class ActionJson(TypedDict):
    """What an operator did by hand, to what, or to what a filter chose: `matched` things, of which `changed` were."""

    id: Id
    at: Instant
    operator: str
    action: Annotated[str, Field(description="More may come.", examples=["requeue"])]
    target: Annotated[dict[str, Any], Field(examples=[{"jobId": "01a20b61-8d9e-762d-a1a5-40892a7d2830"}])]
    matched: Annotated[int, Field(examples=[1])]
    changed: Annotated[int, Field(examples=[1])]
    reason: str | None


RatesJson = TypedDict("RatesJson", {"1m": float, "5m": float, "60m": float})
"""Jobs a minute, over the last 1, 5 and 60 minutes."""


class OldestDueJson(TypedDict):
    """The job that has waited longest since it was due."""

    id: Id
    kind: KindName
    state: State
    dueAt: Instant
    ageSeconds: float


class StatsJson(TypedDict):
    """`jobs` by state and kind; `queues`: messages that wait in the broker,
    null where it does not say; `delayBackend` is null where another process knows it; `tzdata`: the release of this
    process's time zone data."""

    jobs: Annotated[dict[str, dict[str, int]], Field(examples=[{"scheduled": {"appointment_reminder": 12}}])]
    ratesPerMinute: Annotated[dict[str, RatesJson], Field(examples=[{"created": {"1m": 3.0, "5m": 2.4, "60m": 2.1}}])]
    oldestDueJob: OldestDueJson | None
    oldestDueJobAgeSeconds: float
    delayBackend: Annotated[str | None, Field(examples=["relay"])]
    queues: Annotated[dict[str, int | None] | None, Field(examples=[{"notifications.high": 0}])]
    tzdata: Annotated[str, Field(examples=["2026a"])]


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
