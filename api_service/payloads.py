"""Reads request bodies into models and writes JSON answers."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from api_service.problems import Problem, from_validation, not_found


class Payload(BaseModel):
    """A request body: camelCase on the wire, no coercion of types, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, frozen=True)


PayloadT = TypeVar("PayloadT", bound=Payload)


async def body_of(request: web.Request, model: type[PayloadT]) -> PayloadT:
    """The request's JSON body. Raises Problem 400, 413, 415 or 422, which names the fields."""
    if request.content_type not in ("application/json", "application/octet-stream"):
        raise Problem(415, "The body must be application/json")
    body = await request.read()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise from_validation(error) from None


async def optional_body_of(request: web.Request, model: type[PayloadT]) -> PayloadT:
    """The same, where a request without a body means one without fields."""
    return await body_of(request, model) if request.body_exists else model()


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Instants as RFC 3339 in UTC; never stored by caches, since nearly everything here is personal."""
    return web.Response(
        body=orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def uuid_in_path(request: web.Request, what: str) -> UUID:
    """The id in the path; ids are opaque, so one that is no UUID simply does not exist: Problem 404."""
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise not_found(what) from None


def _plain(value: object) -> str:
    """asyncpg's UUIDs are of a class of their own, which orjson does not take for UUIDs."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
