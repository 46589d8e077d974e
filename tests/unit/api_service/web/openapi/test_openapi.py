"""The OpenAPI document says what the routes are, whole and valid."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api_service.web.openapi.document import documented
from api_service.web.openapi.operation import operation_of
from api_service.web.payloads import Payload, Query, body_of, optional_body_of, query_of
from tests.support.conformity import an_app, closed, the_document

PAGES = re.compile(r"/(livez|readyz|metrics|openapi\.json|docs(/.*)?|ops(/.*)?|hangfire(/.*)?|)")
"""What is there for machines of operators, and for people."""
ROUTES = list(documented(an_app().router))
NAMES = [f"{route.method} {route.path}" for route in ROUTES]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in the_document()["paths"].items():
        for method, said in methods.items():
            yield method.upper(), path, said


def test_the_document_is_valid() -> None:
    validate(the_document())
    assert the_document()["openapi"].startswith("3.1")


def test_every_route_is_documented() -> None:
    for route in an_app().router.routes():
        assert isinstance(route.resource, web.Resource)
        path = route.resource.canonical
        if route.method != "HEAD" and not PAGES.fullmatch(path):
            assert operation_of(route.handler), (
                f"{route.method} {path} is not in /openapi.json. Below its @require put\n"
                '    @operation("What it does, in a few words", not_found("…"), takes=ABody, query=AQuery)\n'
                "with what api_service/web/openapi/operation.py explains. Let it return JsonResponse[AJson], where\n"
                "AJson is the TypedDict that its to_json() returns (or media=… for what is no JSON)"
            )


def test_no_route_is_documented_that_is_not_there() -> None:
    there = {(route.method, route.resource.canonical) for route in an_app().router.routes() if route.resource}
    assert {(method, path) for method, path, _ in operations()} <= there
    assert len(ROUTES) == len(list(operations()))


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_handler_reads_the_models_that_it_documents(route: Any) -> None:
    code = inspect.unwrap(route.handler).__code__
    given = {value for name in code.co_names if inspect.isclass(value := route.handler.__globals__.get(name))}
    body = optional_body_of if route.operation.optional else body_of
    for reader, kind, said in ((body, Payload, route.operation.takes), (query_of, Query, route.operation.query)):
        read = {model for model in given if issubclass(model, kind) and reader.__name__ in code.co_names}
        assert read == ({said} if said else set()), f"@operation names {said}, and {reader.__name__} reads {read}"


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_variables_of_a_path_are_parameters(route: Any) -> None:
    said = the_document()["paths"][route.path][route.method.lower()]
    names = [each["name"] for each in said.get("parameters", ()) if each["in"] == "path"]
    assert names == re.findall(r"{(\w+)}", route.path)


@pytest.mark.parametrize(("method", "path", "said"), list(operations()), ids=NAMES)
def test_examples_are_of_their_schemas(method: str, path: str, said: dict[str, Any]) -> None:
    contents = [answer["content"] for answer in said["responses"].values() if "content" in answer]
    if "requestBody" in said:
        contents.append(said["requestBody"]["content"])
    components = closed(the_document()["components"])
    for content in contents:
        for kind, part in content.items():
            examples = [each["value"] for each in part.get("examples", {}).values()] or [part.get("example")]
            for example in examples if "json" in kind else ():
                Draft202012Validator({**part["schema"], "components": components}).validate(example)


@pytest.mark.parametrize(("method", "path", "said"), list(operations()), ids=NAMES)
def test_roles_are_its_security(method: str, path: str, said: dict[str, Any]) -> None:
    [route] = [each for each in ROUTES if (each.method, each.path) == (method, path)]
    roles = {role for each in said["security"] for role in each.get("bearer", ())}
    assert roles == set(route.roles or ())
    assert ("401" in said["responses"]) == (route.roles is not None)
    assert ("403" in said["responses"]) == bool(route.roles)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if "{id}" in route.path], ids=lambda route: str(route.path)
)
def test_an_id_is_called_a_uuid_where_only_uuids_are_taken(route: Any) -> None:
    said = the_document()["paths"][route.path][route.method.lower()]["parameters"]
    [schema] = [each["schema"] for each in said if each["in"] == "path"]
    takes_uuids = "uuid_in_path(" in inspect.getsource(inspect.unwrap(route.handler))
    assert (schema.get("format") == "uuid") == takes_uuids
