"""The requests of operators."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from api_service.ops.core.actions import ActionFilter, ActionKind
from api_service.ops.core.filters import JobFilter, LetterFilter
from api_service.ops.core.parked import FASTEST
from api_service.ops.core.searching import id_range
from api_service.web.fields import FilledLine, Instant, Line, Plain, Prose, QueryInstant
from api_service.web.pagination import PageQuery
from api_service.web.payloads import Payload
from api_service.web.value_types import Id
from shared.deliveries import DeliveryEvent
from shared.jobs.model import Kind, State


def _ids(value: object) -> object:
    try:
        return id_range(str(value))
    except ValueError:
        raise ValueError("must be an id, or its first hexadecimal digits") from None


QueryText = Annotated[Plain, Field(max_length=500)]
IdRange = Annotated[
    tuple[UUID, UUID], BeforeValidator(_ids), WithJsonSchema({"type": "string", "examples": ["01a20b61"]})
]
"""The first and the last id with the given beginning."""


class Remark(Payload):
    """Why an operator does something by hand; it goes into the record."""

    reason: Line | None = Field(None, max_length=500)


class ReleasePaceRequest(Remark):
    """How fast parked mails are let go; it goes into the record."""

    per_second: float | None = Field(
        None, gt=0, le=FASTEST, description="Mails a second; unset or null: as fast as notifiers take them."
    )


class DiscardRequest(Payload):
    """Why a failed job is given up; it goes into the job's row and the record."""

    reason: FilledLine = Field(min_length=1, max_length=500)


class SuppressionRequest(Payload):
    """Why mail does not reach an address."""

    reason: FilledLine = Field(min_length=1, max_length=200)


class DeliveryReportRequest(Payload):
    """A report about a mail after its server took it; `messageId` or `jobId` names the mail."""

    message_id: Plain | None = Field(
        None, min_length=1, max_length=300, examples=["<01a20b61-8d9e-762d-a1a5-40892a7d2830@clinic.example>"]
    )
    job_id: Id | None = Field(None, strict=False)
    event: DeliveryEvent = Field(strict=False)
    status: Plain | None = Field(None, max_length=100, description="Of RFC 3463.", examples=["5.1.1"])
    detail: Prose | None = Field(None, max_length=10_000, examples=["smtp; 550 5.1.1 no such user"])
    recipient: Plain | None = Field(
        None, max_length=320, description="The mail's address; unset: the client's address."
    )
    permanent: bool | None = Field(
        None, description="True if the next mail to the address would come back too; unset: the status decides."
    )

    @model_validator(mode="after")
    def _names_a_mail(self) -> Self:
        if (self.message_id is None) == (self.job_id is None):
            raise ValueError("name one of messageId and jobId")
        return self


class RequeueRequest(Payload):
    """Failed jobs to be tried again: an explicit filter, or `all`."""

    state: Literal["failed"] | None = None
    kind: Kind | None = Field(None, strict=False)
    appointment_id: Id | None = Field(None, strict=False)
    client_id: Plain | None = Field(None, min_length=1, max_length=200)
    error: Plain | None = Field(None, min_length=1, max_length=500)
    all: bool = False
    failed_before: Instant | None = None
    reason: Line | None = Field(None, max_length=500)
    dry_run: bool = False
    possibly_sent: bool = Field(True, description="Also those whose mail may have gone out already.")
    per_second: float = Field(50.0, ge=0.01, le=1000)

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.all and not any((self.state, self.kind, self.appointment_id, self.client_id, self.error)):
            raise ValueError('name a filter (state, kind, appointmentId, clientId, error), or "all": true')
        return self


class CancelRequest(Payload):
    """Jobs to be cancelled: an explicit filter, or `all`."""

    state: Literal["scheduled", "enqueued", "processing", "retrying", "failed"] | None = None
    kind: Kind | None = Field(None, strict=False)
    appointment_id: Id | None = Field(None, strict=False)
    client_id: Plain | None = Field(None, min_length=1, max_length=200)
    error: Plain | None = Field(None, min_length=1, max_length=500)
    all: bool = False
    made_before: Instant | None = None
    reason: Line | None = Field(None, max_length=500)
    dry_run: bool = False
    per_second: float = Field(2000.0, ge=1, le=10_000)

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.all and not any((self.state, self.kind, self.appointment_id, self.client_id, self.error)):
            raise ValueError('name a filter (state, kind, appointmentId, clientId, error), or "all": true')
        return self


class JobsQuery(PageQuery):
    """The filter and the page of a list of jobs."""

    state: State | None = None
    kind: Kind | None = None
    appointment_id: Id | None = None
    client_id: QueryText | None = Field(
        None, description="Of a client's 500 latest visits; name others by appointmentId."
    )
    error: QueryText | None = Field(None, description="A part of the error of a failed or retrying job.")
    id: IdRange | None = Field(None, description="An id, or its beginning.")

    @field_validator("error")
    @classmethod
    def _can_be_searched(cls, error: str | None, info: ValidationInfo) -> str | None:
        state = info.data.get("state")
        if error and state not in (None, State.FAILED, State.RETRYING):
            raise ValueError(f"is searched in failed and retrying jobs, not in {state} ones")
        return error

    @property
    def wanted(self) -> JobFilter:
        return JobFilter(
            self.state, self.kind, self.appointment_id, self.client_id or None, self.error or None, self.id
        )


class PeriodQuery(PageQuery):
    """Items of the period [from, to)."""

    since: QueryInstant | None = Field(None, alias="from")
    until: QueryInstant | None = Field(None, alias="to")


class LettersQuery(PeriodQuery):
    """The filter and the page of a list of dead letters."""

    reason: QueryText | None = None

    @property
    def wanted(self) -> LetterFilter:
        return LetterFilter(self.reason or None, self.since, self.until)


class ActionsQuery(PeriodQuery):
    """The filter and the page of a list of operators' actions."""

    operator: QueryText | None = None
    action: ActionKind | None = None

    @property
    def wanted(self) -> ActionFilter:
        return ActionFilter(self.operator or None, self.action, self.since, self.until)


class SuppressionsQuery(PageQuery):
    """The filter and the page of a list of suppressed addresses."""

    address: QueryText | None = None
    reason: QueryText | None = Field(None, description="A part of the suppression's reason.")
