"""What operators send about jobs."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from api_service.fields import Instant, Line
from api_service.payloads import Payload
from shared.jobs import Kind


class Remark(Payload):
    """Why an operator does something by hand; it goes into the record."""

    reason: Line | None = Field(None, max_length=500)


class SuppressionRequest(Payload):
    """Why mail does not reach an address."""

    reason: Line = Field(min_length=1, max_length=200)


class RequeueRequest(Payload):
    """Failed jobs to be tried again: an explicit filter, and `all` where it is meant without one."""

    state: Literal["failed"] | None = None
    kind: Kind | None = Field(None, strict=False)
    appointment_id: UUID | None = Field(None, strict=False)
    client_id: Line | None = Field(None, min_length=1, max_length=200)
    error: Line | None = Field(None, min_length=1, max_length=500)
    all: bool = False
    failed_before: Instant | None = None
    reason: Line | None = Field(None, max_length=500)
    dry_run: bool = False
    per_second: float = Field(50.0, gt=0, le=1000, strict=False)

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.all and not any((self.state, self.kind, self.appointment_id, self.client_id, self.error)):
            raise ValueError('name a filter (state, kind, appointmentId, clientId, error), or "all": true')
        return self
