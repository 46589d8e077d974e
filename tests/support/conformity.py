"""Holds every answer that a test receives against the OpenAPI document, so that the document stays true."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from api_service.web.openapi.document import build

_FORMATS: Final = FormatChecker()


def an_app() -> web.Application:
    """The API with its routes, not started."""
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr("-" * 32))
    return create_app(settings, on_failure=lambda: None)


@cache
def the_document() -> dict[str, Any]:
    return build(an_app().router)


def check(method: str, path: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """Raises AssertionError when a documented path gives an answer that is not documented."""
    template = _template(path)
    if template is None:
        return
    said = the_document()["paths"][template].get("get" if method == "HEAD" else method.lower())
    if status == 404 and isinstance(body, dict) and body.get("type") == "about:blank":
        return  # not served by the listener that was asked (ADMIN_HOST)
    if status == 500:
        return  # what nobody has foreseen is in no document; a test that provokes it says so itself
    what = f"{method} {template} answered {status}"
    if said is None:
        # a preflight is the browser's business (CORS), and what is no HTTP is refused before there are routes
        assert status >= 400 or method == "OPTIONS", f"{what}, but the document does not know that method"
        return
    answer = said["responses"].get(str(status))
    assert answer is not None, f"{what}, which is not documented: give its @operation an example of the problem"
    kind = headers.get("Content-Type", "").partition(";")[0]
    kinds = answer.get("content", {"": None})
    assert kind in kinds, f"{what} as {kind}, documented are {list(kinds)}"
    said_of = answer.get("headers", {})
    missing = [name for name, header in said_of.items() if header["required"] and name not in headers]
    assert not missing, f"{what} without its header fields {missing}"
    if method != "HEAD" and kind.endswith("json"):
        faults = [
            f"{fault.json_path}: {fault.message}" for fault in _validator(template, method, status).iter_errors(body)
        ]
        assert not faults, f"{what} with a body that is not as documented: {faults}"


def _template(path: str) -> str | None:
    """The documented path that a request's path belongs to; the one with the fewest variables."""
    path = path.partition("?")[0]
    found = [template for template, pattern in _patterns().items() if pattern.fullmatch(path)]
    return min(found, key=lambda template: template.count("{"), default=None)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for path in the_document()["paths"]}


@cache
def _validator(template: str, method: str, status: int) -> Draft202012Validator:
    document = the_document()
    [content] = document["paths"][template][method.lower()]["responses"][str(status)]["content"].values()
    schema = {**content["schema"], "components": closed(document["components"])}
    return Draft202012Validator(schema, format_checker=_FORMATS)


def closed(value: Any) -> Any:
    """The same schemas without room for undocumented members; clients are told to ignore those, we are not."""
    if isinstance(value, dict):
        inner = {key: closed(part) for key, part in value.items()}
        known = isinstance(value.get("properties"), dict) and value.get("type") == "object"
        return {"additionalProperties": False, **inner} if known else inner
    return [closed(part) for part in value] if isinstance(value, list) else value


@_FORMATS.checks("date-time", raises=ValueError)
def _instant_in_utc(text: object) -> bool:
    return not isinstance(text, str) or (text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None)
