"""Renders pages: templates with autoescape, a strict Content-Security-Policy, errors as pages."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

import jinja2
from aiohttp import web

from api_service.ops.core.verdict import Level
from api_service.ops.dashboard import charts, display_zone, texts
from api_service.ops.dashboard.assets import asset_url
from api_service.ops.dashboard.sessions import Operator
from api_service.web.middlewares import REQUEST_ID
from api_service.web.problems import Problem
from shared.jobs.model import State

BADGES: Final = web.RequestKey("badges", Mapping[str, int])
"""Counts beside the words of the navigation; zero is not shown."""
OPERATOR: Final = web.RequestKey("operator", Operator)
"""The signed-in operator; missing until known."""
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "ops_theme"
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make a form's Origin null
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_LEVELS: Final = {Level.GOOD: "succeeded", Level.WARNING: "retrying", Level.BAD: "failed"}
"""A verdict wears the icon and the colour of a state."""


def headers() -> dict[str, str]:
    return dict(_HEADERS)


def html(
    request: web.Request,
    template: str,
    operator: Operator | None,
    *,
    status: int = 200,
    extra: Mapping[str, str] | None = None,
    navigation: bool = False,
    **values: Any,
) -> web.Response:
    """A page. `operator`: None if nobody is signed in, or the database does not answer; `navigation`: show the
    links all the same."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    text = _PAGES.get_template(template).render(
        operator=operator,
        navigation=navigation or operator is not None,
        path=request.path,
        here=str(request.rel_url),
        is_answer=request.method == "POST",
        theme=theme if theme in THEMES else "auto",
        now=datetime.now(UTC),
        zone=display_zone.chosen(request),
        zones=display_zone.choices(request),
        badges=request.get(BADGES, {}),
        **values,
    )
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS | dict(extra or {}))


def failure(request: web.Request, problem: Problem, *, navigation: bool) -> web.Response:
    """An error as a page, which says whether anything was changed. A signed-in operator keeps the navigation;
    `navigation`: also if the operator is not known yet."""
    extra = {name: value for name, value in problem.headers.items() if name == "Retry-After"}
    return html(
        request,
        "error.html",
        request.get(OPERATOR),
        status=problem.status,
        extra=extra,
        navigation=navigation,
        problem=problem,
        request_id=request.get(REQUEST_ID, ""),
        changing=request.method == "POST",
    )


def _template(name: str) -> str:
    return (files("api_service.ops.dashboard.templates") / name).read_text("utf-8")


def _zoned(text: Callable[..., str]) -> Callable[..., str]:
    """The filter for the zone that the page is shown in."""

    @jinja2.pass_context
    def said(context: jinja2.runtime.Context, *values: Any) -> str:
        return text(*values, zone=context["zone"])

    return said


def _environment() -> jinja2.Environment:
    pages = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pages.filters.update(texts.FILTERS)
    pages.filters.update({name: _zoned(text) for name, text in texts.ZONED.items()})
    pages.globals.update(
        asset=asset_url,
        zone_name=texts.zone_name,
        bars=charts.bars,
        spark=charts.spark,
        STATES=list(State),
        LEVELS=_LEVELS,
    )
    return pages


_PAGES: Final = _environment()


def compile_pages() -> None:
    """Compiles every template, a quarter of a second of CPU time in all, so that no page waits for its own. The others
    go on meanwhile if this runs in a thread."""
    for each in files("api_service.ops.dashboard.templates").iterdir():
        if each.name.endswith(".html"):
            _PAGES.get_template(each.name)
