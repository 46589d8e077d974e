"""What operators send about jobs."""

from typing import Self

from pydantic import Field, model_validator

from api_service.answers import Id
from api_service.fields import Line
from api_service.ops.store import JobFilter
from api_service.pagination import PageQuery
from api_service.payloads import Payload
from shared.jobs import Kind, State


class RequeueRequest(Payload):
    """Failed jobs to be tried again: an explicit filter, and `all` where it is meant without one."""

    kind: Kind | None = Field(None, strict=False)
    appointment_id: Id | None = Field(None, strict=False)
    client_id: Line | None = Field(None, min_length=1, max_length=200)
    error: Line | None = Field(None, min_length=1, max_length=500)
    all: bool = False
    dry_run: bool = False
    per_second: float = Field(50.0, ge=0.01, le=1000)

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.all and not any((self.kind, self.appointment_id, self.client_id, self.error)):
            raise ValueError('name a filter (kind, appointmentId, clientId, error), or "all": true')
        return self


class JobsQuery(PageQuery):
    """Which jobs."""

    state: State | None = None
    kind: Kind | None = None
    appointment_id: Id | None = None
    client_id: Line | None = Field(None, max_length=500)
    error: Line | None = Field(None, max_length=500, description="A part of the job's error.")

    @property
    def wanted(self) -> JobFilter:
        return JobFilter(self.state, self.kind, self.appointment_id, self.client_id or None, self.error or None)
