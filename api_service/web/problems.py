"""Answers errors with problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Unpack

import orjson
from aiohttp import web
from pydantic import Field, ValidationError
from typing_extensions import TypedDict

from api_service.web.value_types import Id
from shared.jobs.model import State
from shared.safe_text import storable


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that is wrong. `pointer`: a JSON pointer into the body (RFC 6901), "" for all of it; or `?name` for a
    query parameter."""

    pointer: str
    message: str


class FaultJson(TypedDict):
    pointer: Annotated[str, Field(description="JSON pointer into the body, or ?name of the query; empty: all of it.")]
    message: str


class Extras(TypedDict, total=False):
    """Members that only some problems have."""

    errors: Annotated[list[FaultJson], Field(description="The fields at fault.")]
    ownAppointmentId: Annotated[Id, Field(description="Of slot-taken: the caller's own appointment has the time.")]
    state: Annotated[State, Field(description="Of wrong-state: the job's.")]
    excluded: Annotated[str, Field(description="Of not-requeued: why, as a bulk requeue counts it.")]


class ProblemJson(Extras):
    """RFC 9457: `type` is for programs, the other members are for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


@dataclass
class Problem(Exception):
    """An answer that describes an error. `kind` names it for programs; `extra` are further members."""

    status: int
    title: str
    detail: str = ""
    kind: str = "about:blank"
    faults: Sequence[FieldFault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Extras = field(default_factory=Extras)

    def to_json(self, instance: str) -> ProblemJson:
        body: ProblemJson = {
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.title,
            "instance": instance,
            **self.extra,
        }
        if self.faults:
            body["errors"] = [{"pointer": f.pointer, "message": f.message} for f in self.faults]
        return body

    def response(self, instance: str) -> web.Response:
        return web.Response(
            body=orjson.dumps(self.to_json(storable(instance)), default=str),
            status=self.status,
            content_type="application/problem+json",
            headers={"Cache-Control": "no-store", **self.headers},
        )


def invalid(*faults: FieldFault) -> Problem:
    """422: the request is well formed, but its fields are wrong."""
    detail = "; ".join(f"{fault.pointer or 'body'}: {fault.message}" for fault in faults)
    return Problem(422, "The request has invalid fields", detail, "urn:punctual:problem:invalid", faults)


def not_found(what: str, *faults: FieldFault) -> Problem:
    """404; also for an object of somebody else."""
    return Problem(404, f"No such {what}", kind="urn:punctual:problem:not-found", faults=faults)


def conflict(detail: str, kind: str, **extra: Unpack[Extras]) -> Problem:
    """409: the present state does not allow it."""
    return Problem(409, "It cannot be done as things are", detail, f"urn:punctual:problem:{kind}", extra=extra)


def unavailable() -> Problem:
    """503: nothing was stored, or nobody knows; the caller should ask again."""
    return Problem(
        503,
        "Not available just now",
        "The database does not answer, or takes no writes. Please try again in a moment.",
        "urn:punctual:problem:unavailable",
        headers={"Retry-After": "2"},
    )


def refused() -> Problem:
    """409: the database will always refuse this one request, by a rule that our own checks have not found."""
    return conflict(
        "The database refuses this request, and would refuse it again. Nothing was stored. Please tell the operators "
        "the request's id (X-Request-Id): their log says which rule it breaks.",
        "refused",
    )


def unknown_zone() -> Problem:
    """503: an instance with newer zone data has stored it, and can answer."""
    return Problem(
        503,
        "Not available just now",
        "This instance's time zone data are too old for that doctor's zone. Please try again in a moment.",
        "urn:punctual:problem:unavailable",
        headers={"Retry-After": "5"},
    )


def unreadable() -> Problem:
    """400: a truncated body, or one that is not coded as its headers say."""
    fault = FieldFault("", "cannot be read: it is cut, or not coded as its headers say")
    return Problem(400, "The body cannot be read", kind="urn:punctual:problem:unreadable", faults=(fault,))


def from_validation(error: ValidationError) -> Problem:
    """The problem for a body that pydantic refuses, with JSON pointers: 400 for invalid JSON, 422 for wrong fields."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in errors):
        fault = FieldFault("", "is not valid JSON")
        return Problem(400, "The body is not JSON", kind="urn:punctual:problem:not-json", faults=(fault,))
    return invalid(*(FieldFault(_pointer(each["loc"]), message_of(each["msg"])) for each in errors))


def from_http(error: web.HTTPException) -> Problem:
    """The problem for aiohttp's own refusals: unknown route, method, size."""
    status = HTTPStatus(error.status)
    headers = {name: value for name, value in error.headers.items() if name in ("Allow", "WWW-Authenticate")}
    faults = (FieldFault("", "is larger than the API takes"),) if status == 413 else ()
    return Problem(error.status, status.phrase, faults=faults, headers=headers)


def _pointer(location: Sequence[int | str]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def message_of(text: str) -> str:
    """pydantic's message, without its prefix for our own errors."""
    return text.removeprefix("Value error, ")
