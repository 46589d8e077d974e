"""The JSON of jobs, attempts and dead letters: its types, and how each is made."""

import base64
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api_service.ops.core.dead_letters import DeadLetter
from api_service.ops.core.jobs import Attempt, JobMessage
from api_service.ops.core.previews import Preview
from api_service.ops.core.stories import Returned
from api_service.ops.core.wording import masked
from api_service.web.value_types import ChannelName, Id, Instant, KindName
from shared.deliveries import DeliveryEvent
from shared.jobs.model import Job, Priority, State
from shared.safe_text import storable


class JobJson(TypedDict):
    """`attempt` never decreases; `retries` is how many are used up, `lost` whose worker vanished; `resendOf`: the job
    that an operator sent again by this one."""

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
    resendOf: Id | None
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


class DeliveryReportJson(TypedDict):
    """A report about the job's mail after its server took it."""

    event: DeliveryEvent
    status: Annotated[str | None, Field(description="Of RFC 3463.", examples=["5.1.1"])]
    at: Instant


class EnvelopeJson(TypedDict):
    """The message that would claim the job as it stands."""

    exchange: Annotated[str, Field(examples=["notifications"])]
    routingKey: Annotated[str, Field(examples=["high"])]
    messageId: str | None
    type: str | None
    correlationId: str | None
    headers: dict[str, Any]
    body: str


class JobWithAttemptsJson(JobJson):
    attempts: list[AttemptJson]
    deliveryReports: list[DeliveryReportJson]
    envelope: EnvelopeJson


class CancelledJson(TypedDict):
    """Of `matched` jobs (at most 10,000 at once) made before `madeBefore`, `cancelled` ones will not be sent; none in a
    dry run. `marked` ones are being sent just now: their mail may still go, a retry will not."""

    matched: int
    cancelled: int
    marked: int
    madeBefore: Instant


class HeardJson(TypedDict):
    """A mail that its server took (`channel` email), or a notification in the app (`channel` app)."""

    kind: KindName
    at: Instant
    channel: Annotated[str, Field(examples=["email"])]
    readAt: Instant | None


class PreviewJson(TypedDict):
    """The mail that the job would send now: `subject` in the client's language, `recipient` masked, the appointment's
    date and time at the clinic. `heardSince`: later messages about the appointment. `excluded`: the reason why the
    mail would not be sent, null if it would be sent."""

    kind: KindName
    subject: str
    recipient: Annotated[str | None, Field(examples=["c•••1@patients.example"])]
    startsAt: Instant
    appointmentDate: str
    appointmentTime: str
    timezone: str
    heardSince: list[HeardJson]
    excluded: Annotated[str | None, Field(examples=["moved"])]


class DeadLetterJson(TypedDict):
    r"""A message that could not be worked on. `body`: text, with escapes for other bytes (`\x00`, `\xff`);
    `bodyBase64`: the exact bytes. All other text is exact: beside the same escapes, a backslash is written as two.
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
    """`matched` jobs had failed before `failedBefore`, of which `requeued` are tried again: none in a dry run.
    `excluded`: the number of other jobs, by reason."""

    matched: int
    requeued: int
    excluded: Annotated[
        dict[str, int],
        Field(
            description="cancelled, moved (told another time since), begun, suppressed, optedOut, possiblySent."
            " More may come.",
            examples=[{"cancelled": 2, "begun": 1}],
        ),
    ]
    failedBefore: Instant


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
        "leaseOwner": job.lease_owner if job.state is State.PROCESSING else None,
        "leaseUntil": job.lease_until,
        "cancelRequested": job.cancel_requested,
        "requestId": job.request_id,
        "resendOf": job.resend_of,
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


def delivery_report_json(report: Returned) -> DeliveryReportJson:
    return {"event": DeliveryEvent(report.event), "status": report.status, "at": report.at}


def envelope_json(message: JobMessage) -> EnvelopeJson:
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


def preview_json(found: Preview) -> PreviewJson:
    return {
        "kind": found.kind,
        "subject": found.subject,
        "recipient": None if found.recipient is None else masked(found.recipient),
        "startsAt": found.starts_at,
        "appointmentDate": found.local_date.isoformat(),
        "appointmentTime": f"{found.local_time:%H:%M}",
        "timezone": found.timezone,
        "heardSince": [
            {"kind": each.kind, "at": each.at, "channel": each.channel, "readAt": each.read_at}
            for each in found.heard_since
        ],
        "excluded": found.judged.excluded,
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
