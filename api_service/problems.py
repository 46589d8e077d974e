"""Answers errors as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong: `pointer` is a JSON pointer into the body (RFC 6901), "" is all of it; a query
    parameter is named as `?name`."""

    pointer: str
    message: str


@dataclass
class Problem(Exception):
    """An answer that says what is wrong. `kind` names it for programs, `extra` are members of its own."""

    status: int
    title: str
    detail: str = ""
    kind: str = "about:blank"
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def response(self, instance: str) -> web.Response:
        body: dict[str, Any] = {
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.title,
            "instance": instance,
            **self.extra,
        }
        if self.faults:
            body["errors"] = [{"pointer": f.pointer, "message": f.message} for f in self.faults]
        return web.Response(
            body=orjson.dumps(body, default=str),
            status=self.status,
            content_type="application/problem+json",
            headers={"Cache-Control": "no-store", **self.headers},
        )


def invalid(*faults: Fault) -> Problem:
    """422: the request is well formed, and its fields are wrong."""
    detail = "; ".join(f"{fault.pointer or 'body'}: {fault.message}" for fault in faults)
    return Problem(422, "The request has invalid fields", detail, "urn:punctual:problem:invalid", faults)


def not_found(what: str, *faults: Fault) -> Problem:
    """404, also for what belongs to somebody else."""
    return Problem(404, f"No such {what}", kind="urn:punctual:problem:not-found", faults=faults)


def conflict(detail: str, kind: str, **extra: Any) -> Problem:
    """409: the state of things does not allow it."""
    return Problem(409, "It cannot be done as things are", detail, f"urn:punctual:problem:{kind}", extra=extra)


def unavailable() -> Problem:
    """503: nothing was stored, or nobody can know; asking again is right."""
    return Problem(
        503,
        "Not available just now",
        "The database does not answer. Please try again in a moment.",
        "urn:punctual:problem:unavailable",
        headers={"Retry-After": "2"},
    )


def unreadable() -> Problem:
    """400: a body that is cut, or not coded as its headers say."""
    fault = Fault("", "cannot be read: it is cut, or not coded as its headers say")
    return Problem(400, "The body cannot be read", kind="urn:punctual:problem:unreadable", faults=(fault,))


def from_validation(error: ValidationError) -> Problem:
    """What pydantic found, with JSON pointers: 400 for what is no JSON, 422 for wrong fields."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in errors):
        fault = Fault("", "is not valid JSON")
        return Problem(400, "The body is not JSON", kind="urn:punctual:problem:not-json", faults=(fault,))
    return invalid(*(Fault(_pointer(each["loc"]), _message(each["msg"])) for each in errors))


def from_http(error: web.HTTPException) -> Problem:
    """aiohttp's own refusals: unknown route, method, size."""
    status = HTTPStatus(error.status)
    headers = {name: value for name, value in error.headers.items() if name in ("Allow", "WWW-Authenticate")}
    faults = (Fault("", "is larger than the API takes"),) if status == 413 else ()
    return Problem(error.status, status.phrase, faults=faults, headers=headers)


def _pointer(location: Sequence[int | str]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")
