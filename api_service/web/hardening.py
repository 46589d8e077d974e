"""Puts limits, proxies, CORS and headers in front of an application."""

from aiohttp import web

from api_service.web.cors import CORS, Cors
from api_service.web.limits.admission import LIMITS, Limits
from api_service.web.limits.proxies import PROXIES, Proxies
from shared.process.security_headers import add_security_headers


def guard(app: web.Application, *, proxies: Proxies, limits: Limits, cors: Cors) -> None:
    """Sets up `app`: every answer gets the headers, and its middleware and `require` find their resources."""
    app[PROXIES], app[LIMITS], app[CORS] = proxies, limits, cors
    add_security_headers(app, https=proxies.https)
    if cors.enabled:
        app.on_response_prepare.append(cors.on_response_prepare)
