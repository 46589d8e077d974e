"""Reads request bodies and queries into models, and writes JSON answers."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from api_service.web.problems import FieldFault, Problem, from_validation, invalid, message_of, not_found


class Payload(BaseModel):
    """A request body: camelCase on the wire; types are not converted; unknown fields are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, frozen=True)


class Query(BaseModel):
    """The query of a request: camelCase on the wire; unknown parameters are ignored; an empty one counts as missing."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


PayloadT = TypeVar("PayloadT", bound=Payload)
QueryT = TypeVar("QueryT", bound=Query)
AnswerT = TypeVar("AnswerT")


class JsonResponse(web.Response, Generic[AnswerT]):
    """An answer with JSON of type AnswerT. Handlers name it as their return type, and the document shows it."""


async def body_of(request: web.Request, model: type[PayloadT]) -> PayloadT:
    """The request's JSON body. Raises Problem 400, 413, 415 or 422; 422 names the fields."""
    if not _may_be_json(request):
        raise wrong_type()
    body = await request.read()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise from_validation(error) from None


async def optional_body_of(request: web.Request, model: type[PayloadT]) -> PayloadT:
    """The same; a request without a body counts as one without fields."""
    return await body_of(request, model) if request.body_exists else model()


def _may_be_json(request: web.Request) -> bool:
    """Whether the body may be JSON: its Content-Type says so, is missing, or only says "bytes". An invalid Content-Type
    does not count as missing."""
    said = request.headers.get("Content-Type", "application/octet-stream")
    return said in ("application/json", "application/octet-stream") or request.content_type == "application/json"


def query_of(request: web.Request, model: type[QueryT]) -> QueryT:
    """The request's query. Raises Problem 422, which names parameters as `?name`."""
    given = request.query
    if len(given) > 1:
        names = {field.alias or name for name, field in model.model_fields.items()}
        repeated = [name for name in names if len(given.getall(name, ())) > 1]
        if repeated:
            raise invalid(*(FieldFault(f"?{name}", "is given more than once") for name in sorted(repeated)))
    try:
        return model.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise from_query(error) from None


def from_query(error: ValidationError) -> Problem:
    """The problem for a query that pydantic refuses."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return invalid(*(FieldFault(f"?{each['loc'][0]}", message_of(each["msg"])) for each in errors))


def wrong_type() -> Problem:
    """415: a body of another media type."""
    return Problem(
        415, "The body must be application/json", faults=(FieldFault("Content-Type", "must be application/json"),)
    )


def json_bytes(value: Any) -> bytes:
    """An instant as RFC 3339 in UTC."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def json_response(
    value: AnswerT, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse[AnswerT]:
    """A JSON answer with a value."""
    return json_answer(json_bytes(value), status=status, headers=headers)


def json_answer(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> "JsonResponse[Any]":
    """A JSON answer made of bytes. Caches must not store it, since nearly everything here is personal."""
    return JsonResponse(
        body=content,
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def uuid_in_path(request: web.Request, what: str) -> UUID:
    """The id in the path. Ids are opaque, so an id that is not a UUID does not exist: Problem 404."""
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise not_found(what) from None


def text_in_path(request: web.Request, what: str, longest: int) -> str:
    """The id in the path, given by others. An id with white space at its ends does not exist, since fields are
    stripped: Problem 404."""
    text = request.match_info["id"]
    if not text.isprintable() or text != text.strip() or len(text) > longest:
        raise not_found(what)
    return text


def _plain(value: object) -> Any:
    """asyncpg has a UUID class of its own, which orjson does not recognise."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
