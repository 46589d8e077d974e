"""Describes the responses of an operation. Problems are shown as the objects that the code raises."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from api_service.web.limits.admission import too_many_requests
from api_service.web.openapi.operation import Operation
from api_service.web.openapi.schemas import Json, Schemas
from api_service.web.payloads import Payload, Query, from_query, wrong_type
from api_service.web.problems import Problem, ProblemJson, from_http, from_validation, refused, unavailable

_MEANINGS: Final = {
    "Allow": "The methods that there are.",
    "Retry-After": "Seconds to wait before the next try.",
    "WWW-Authenticate": "How to sign in (RFC 6750).",
}


def all_of(operation: Operation, path: str, refusals: Sequence[Problem], answer: Any, schemas: Schemas) -> Json:
    """The responses by status; the answer comes first."""
    found: dict[int, list[Problem]] = {}
    for problem in sorted(_problems(operation, refusals), key=lambda each: each.status):
        found.setdefault(problem.status, []).append(problem)
    instance = path.replace("{id}", "01a20b61-8d9e-762d-a1a5-40892a7d2830")
    same = {"304": {"description": "The caller has it already."}} if "If-None-Match" in operation.reads else {}
    described = {str(status): _refused(problems, instance, schemas) for status, problems in found.items()}
    answered = {str(each): _answered(each, operation, answer, schemas) for each in operation.statuses}
    # pages for people refuse by pages
    return answered | same | {status: each for status, each in described.items() if status not in answered}


def _answered(status: int, operation: Operation, answer: Any, schemas: Schemas) -> Json:
    described: Json = {"description": HTTPStatus(status).phrase}
    if answer is not None:
        schema = schemas.of(answer, "serialization")
        described["content"] = {"application/json": {"schema": schema, "example": schemas.example(schema)}}
    elif operation.media is not None:
        media = operation.refuses_as or operation.media if status >= 400 else operation.media
        described["content"] = {media: {"schema": {"type": "string"}}}
    if operation.sends:
        described["headers"] = {name: _header(meaning, always=True) for name, meaning in operation.sends.items()}
    return described


def _refused(problems: list[Problem], instance: str, schemas: Schemas) -> Json:
    """Several of one status are several examples."""
    examples = {
        problem.kind.rpartition(":")[2] if problem.kind != "about:blank" else f"status-{problem.status}": {
            "value": problem.to_json(instance)
        }
        for problem in problems
    }
    schema = schemas.of(ProblemJson, "serialization")
    described: Json = {
        "description": ", or ".join(dict.fromkeys(problem.detail or problem.title for problem in problems)),
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    }
    headers = {name for problem in problems for name in problem.headers}
    if headers:
        described["headers"] = {
            name: _header(_MEANINGS[name], always=all(name in problem.headers for problem in problems))
            for name in sorted(headers)
        }
    return described


def _problems(operation: Operation, refusals: Sequence[Problem]) -> Iterator[Problem]:
    yield from refusals
    if operation.takes is not None:
        yield wrong_type()
        yield from_http(web.HTTPRequestEntityTooLarge(max_size=0, actual_size=1))
        yield from _refusals_of(operation.takes)
        yield refused()
    if operation.query is not None:
        yield _refusal_of_query(operation.query)
    yield from operation.problems
    yield too_many_requests(1)
    yield unavailable()


def _refusals_of(model: type[Payload]) -> Iterator[Problem]:
    """The model's own refusals of a body that is cut off, and of one whose first field is wrong."""
    first = next(iter(model.model_fields.values())).alias
    for body in ("{", f'{{"{first}":[]}}'):
        try:
            model.model_validate_json(body)
        except ValidationError as error:
            yield from_validation(error)


def _refusal_of_query(model: type[Query]) -> Problem:
    """The model's own refusal of its first parameter that can be wrong."""
    for name, field in model.model_fields.items():
        try:
            model.model_validate({field.alias or name: "?"})
        except ValidationError as error:
            return from_query(error)
    raise TypeError(f"{model.__name__} refuses nothing")


def _header(meaning: str, *, always: bool) -> Json:
    return {"description": meaning, "required": always, "schema": {"type": "string"}}
