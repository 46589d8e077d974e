"""The JSON that operators are shown: its types, and how each is made from what ops/core reads."""

import base64
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api_service.ops.core.actions import Action
from api_service.ops.core.dead_letters import DeadLetter
from api_service.ops.core.jobs import Attempt, Message
from api_service.ops.core.queues import QueueStanding
from api_service.ops.core.stats import OldestDueJob, Rates, Stats
from api_service.ops.core.suppressions import Suppression
from api_service.web.value_types import ChannelName, Id, Instant, KindName
from shared.jobs.model import Job, Priority, State
from shared.people import zones
from shared.storable import storable


class JobJson(TypedDict):
    """`attempt` never decreases; `retries` is how many are used up, `lost` whose worker vanished."""

    id: Id
    kind: KindName
    channel: ChannelName
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


def job_json(job: Job) -> JobJson:
    """A job as operators see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "channel": job.channel,
        "priority": job.priority,
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


def attempt_json(attempt: Attempt) -> AttemptJson:
    return {
        "attempt": attempt.attempt,
        "startedAt": attempt.started_at,
        "finishedAt": attempt.finished_at,
        "worker": attempt.worker,
        "outcome": attempt.outcome,
        "replyCode": attempt.reply_code,
        "error": attempt.error,
    }


def envelope_json(message: Message) -> EnvelopeJson:
    built = message.envelope
    return {
        "exchange": message.exchange,
        "routingKey": message.routing_key,
        "messageId": built.message_id,
        "type": built.type,
        "correlationId": built.correlation_id,
        "headers": built.headers,
        "body": built.body.decode(),
    }


def dead_letter_json(letter: DeadLetter) -> DeadLetterJson:
    """A dead letter that was read with its body."""
    return {
        "id": letter.id,
        "receivedAt": letter.received_at,
        "queue": letter.queue,
        "reason": letter.reason,
        "detail": letter.detail,
        "messageId": letter.message_id,
        "routingKey": letter.routing_key,
        "contentType": letter.content_type,
        "headers": dict(letter.headers),
        "properties": dict(letter.properties),
        "body": storable(letter.body, longest=None, lines=True),
        "bodyBase64": base64.b64encode(letter.body).decode(),
    }


def queue_json(standing: QueueStanding) -> QueueJson:
    pause = standing.pause
    return {
        "name": standing.name,
        "priority": standing.priority,
        "state": "running" if pause is None else "paused",
        "reason": None if pause is None else pause.reason,
        "since": None if pause is None else pause.since,
        "by": None if pause is None else pause.by,
        "depth": standing.depth,
        "oldestDueAgeSeconds": standing.oldest_due_age,
    }


def suppression_json(suppression: Suppression) -> SuppressionJson:
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "by": suppression.by,
        "since": suppression.since,
    }


def action_json(action: Action) -> ActionJson:
    return {
        "id": action.id,
        "at": action.at,
        "operator": action.operator,
        "action": action.action,
        "target": action.target,
        "matched": action.matched,
        "changed": action.changed,
        "reason": action.reason,
    }


def stats_json(stats: Stats) -> StatsJson:
    oldest = stats.oldest_due
    return {
        "jobs": stats.jobs,
        "ratesPerMinute": {name: _rates_json(rates) for name, rates in stats.rates.items()},
        "oldestDueJob": None if oldest is None else _oldest_json(oldest),
        "oldestDueJobAgeSeconds": 0.0 if oldest is None else oldest.age,
        "delayBackend": stats.delay_backend,
        "queues": stats.depths or None,
        "tzdata": zones.VERSION,
    }


def _rates_json(rates: Rates) -> RatesJson:
    return {
        "1m": rates.last_minute,
        "5m": round(rates.last_5_minutes, 3),
        "60m": round(rates.last_60_minutes, 3),
    }


def _oldest_json(oldest: OldestDueJob) -> OldestDueJson:
    return {
        "id": oldest.id,
        "kind": oldest.kind,
        "state": oldest.state,
        "dueAt": oldest.due_at,
        "ageSeconds": oldest.age,
    }
