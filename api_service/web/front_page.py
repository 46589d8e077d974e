"""Leads whoever asks for / to the documentation, or to the jobs dashboard: a person by a page, a program by JSON."""

from importlib.metadata import version
from typing import Final

import orjson
from aiohttp import web
from aiohttp.web import Request, Response

from api_service.web.browsers import wants_html

DOCS: Final = "/docs"
DASHBOARD: Final = "/ops"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Punctual</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<main class="front">
<h1>Punctual</h1>
<p>Books appointments, and tells people about them.</p>
<ul>
<li><a href="/docs">Documentation of the API</a></li>
<li><a href="/ops">Jobs dashboard</a>, for operators</li>
</ul>
</main>
</body>
</html>
"""
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def front_page(request: Request, *, operators: bool | None) -> Response:
    """`operators`: whether the listener is the one for operators alone, or the one without them; None: it has both.

    Raises HTTPSeeOther where a listener has one place only to lead a person to.
    """
    places = {True: {"dashboard": DASHBOARD}, False: {"documentation": DOCS, "openapi": "/openapi.json"}}
    shown = places[False] | places[True] if operators is None else places[operators]
    headers = {"Vary": "Accept", "Cache-Control": "no-cache"}
    if not wants_html(request):
        body = orjson.dumps({"name": "Punctual", "version": version("punctual"), **shown})
        return Response(body=body, content_type="application/json", headers=headers)
    if operators is not None:
        raise web.HTTPSeeOther(DASHBOARD if operators else DOCS, headers=headers)
    policy = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return Response(text=_PAGE, content_type="text/html", headers=headers | policy)
