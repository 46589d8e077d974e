"""Puts limits, proxies, CORS and headers in front of an application, as the settings say."""

from aiohttp import web

from api_service.settings import ApiSettings
from api_service.web.cors import CORS, Cors
from api_service.web.limits.admission import LIMITS, Limits
from api_service.web.limits.proxies import PROXIES, Proxies
from api_service.web.server import Patience
from shared.process.security_headers import add_security_headers


def guard(app: web.Application, settings: ApiSettings) -> None:
    """Every answer of `app` bears the headers, and its middleware and `require` find what they ask for."""
    app[PROXIES] = proxies = Proxies(settings.trusted_proxies)
    app[LIMITS] = Limits(settings.rate_limit, settings.address_rate_limit, burst=settings.rate_burst)
    app[CORS] = cors = Cors(settings.cors_origins)
    add_security_headers(app, https=proxies.https)

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        cors.mark(request, response)

    if settings.cors_origins:
        app.on_response_prepare.append(mark)


def patience(settings: ApiSettings) -> Patience:
    return Patience(
        head=settings.head_timeout,
        body=settings.body_timeout,
        write=settings.write_timeout,
        idle=settings.keepalive_timeout,
        connections=settings.max_connections,
    )
