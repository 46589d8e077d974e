"""Builds the OpenAPI 3.1 document of a router. Everything in it comes from the routes; nothing is written beside
them."""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, get_args, get_type_hints

from aiohttp import web
from pydantic.alias_generators import to_camel

from api_service.web.openapi import parameters, responses
from api_service.web.openapi.operation import Operation, operation_of
from api_service.web.openapi.schemas import Json, Schemas, Wanted
from api_service.web.problems import Problem, ProblemJson

DESCRIPTION: Final = """\
Books appointments, and shows clients and operators what comes of them.

Every error is `application/problem+json` (RFC 9457) and names the fields at fault. Lists are pages: give `nextCursor`
back as `cursor` until it is null. Ignore fields, kinds and problem types that you do not know: more may come.\
"""


@dataclass(frozen=True, slots=True)
class Route:
    """A documented route. `answer`: the type of its JSON; None without one. `roles`: the roles that may call it; empty:
    any verified token; None: everybody. `refusals`: the answers to all other callers."""

    method: str
    path: str
    handler: Callable[..., Any]
    operation: Operation
    roles: tuple[str, ...] | None
    refusals: Sequence[Problem]
    answer: Any

    def wants(self) -> Iterator[Wanted]:
        """The types that the document must describe for it."""
        if self.operation.takes is not None:
            yield self.operation.takes, "validation"
        if self.operation.query is not None:
            yield self.operation.query, "validation"
        if self.answer is not None:
            yield self.answer, "serialization"


def build(router: web.UrlDispatcher) -> Json:
    """The document of every route that has an operation."""
    routes = list(documented(router))
    schemas = Schemas([(ProblemJson, "serialization"), *(wanted for route in routes for wanted in route.wants())])
    queries = {schemas.of(route.operation.query, "validation")["$ref"] for route in routes if route.operation.query}
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _described(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Punctual", "version": version("punctual"), "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": _tags(routes),
        "paths": paths,
        "components": {
            "schemas": {
                name: schema
                for name, schema in schemas.components.items()
                if f"#/components/schemas/{name}" not in queries
            },
            "securitySchemes": _ways_in(routes),
        },
    }


def documented(router: web.UrlDispatcher) -> Iterator[Route]:
    """The routes that have an operation; HEAD is GET without its body."""
    for route in router.routes():
        said = operation_of(route.handler)
        if said is None or route.method == "HEAD" or route.resource is None:
            continue
        handler = inspect.unwrap(route.handler)
        [answer] = get_args(get_type_hints(handler)["return"]) or [None]
        guard = vars(route.handler)
        roles, refusals = guard.get("required_roles"), guard.get("refusals", ())
        yield Route(route.method, route.resource.canonical, handler, said, roles, refusals, answer)


def _described(route: Route, schemas: Schemas) -> Json:
    said = route.operation
    described: Json = {
        "operationId": to_camel(route.handler.__name__),
        "summary": said.summary,
        "description": inspect.getdoc(route.handler),
        "tags": [_part_of(route.handler)],
        "security": _security(route),
        "parameters": [
            *parameters.in_path(route.path),
            *parameters.in_query(said.query, schemas),
            *parameters.in_header(said.reads),
        ],
        "requestBody": None,
        "responses": responses.all_of(route.operation, route.path, route.refusals, route.answer, schemas),
    }
    if said.takes is not None:
        schema = schemas.of(said.takes, "validation")
        content = {"application/json": {"schema": schema, "example": schemas.example(schema)}}
        described["requestBody"] = {"required": not said.optional, "content": content}
    return {name: value for name, value in described.items() if value not in (None, [])} | {
        "security": described["security"]
    }


def _security(route: Route) -> list[Json]:
    """The security of an operation: any one of the roles; without roles, any verified token; None: no token."""
    if route.roles is None:
        return []
    by_cookie: list[Json] = [{route.operation.cookie: []}] if route.operation.cookie else []
    return [{"bearer": [role]} for role in route.roles or ()] + by_cookie or [{"bearer": []}]


def _ways_in(routes: list[Route]) -> Json:
    cookies = [route.operation.cookie for route in routes if route.operation.cookie]
    bearer: Json = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return bearer | {name: {"type": "apiKey", "in": "cookie", "name": name} for name in cookies}


def _part_of(handler: Callable[..., Any]) -> str:
    return handler.__module__.split(".")[1]


def _tags(routes: list[Route]) -> list[Json]:
    """One tag for each package, described by the package's first sentence."""
    parts = dict.fromkeys(_part_of(route.handler) for route in routes)
    return [{"name": part, "description": sys.modules[f"api_service.{part}"].__doc__} for part in parts]
