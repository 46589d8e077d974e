"""Answers /livez, /readyz and /metrics for both services."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

from aiohttp import web
from prometheus_client import REGISTRY
from prometheus_client.aiohttp import make_aiohttp_handler
from pydantic import SecretStr

from shared.people import zones
from shared.process.heartbeats import stalled

Check = Callable[[], Awaitable[bool]]
"""Whether a dependency answers now. It must limit its own time, and must not raise."""
Level = Literal["required", "degraded"]
"""The state of a service without the dependency: not ready (503), or ready but degraded (200)."""

_NO_STORE: Final = {"Cache-Control": "no-store"}


def add_probes(
    router: web.UrlDispatcher,
    checks: Mapping[str, tuple[Level, Check]],
    metrics_token: SecretStr | None = None,
) -> None:
    """Adds the three routes.

    Liveness never asks a dependency, since a restart would not mend it. It fails when a loop of this process stands
    still.
    """
    metrics = make_aiohttp_handler(REGISTRY)

    async def livez(request: web.Request) -> web.Response:
        if standing := stalled():
            return web.json_response({"status": "stalled", "loops": standing}, status=503, headers=_NO_STORE)
        return web.json_response({"status": "ok"}, headers=_NO_STORE)

    async def readyz(request: web.Request) -> web.Response:
        found = {name: (level, await check()) for name, (level, check) in checks.items()}
        missing = {level for level, answers in found.values() if not answers}
        status = "unavailable" if "required" in missing else "degraded" if missing else "ok"
        body = {
            "status": status,
            "checks": {name: "ok" if answers else "unavailable" for name, (_, answers) in found.items()},
            "tzdata": zones.VERSION,
        }
        headers = _NO_STORE | ({"Retry-After": "5"} if status == "unavailable" else {})
        return web.json_response(body, status=503 if status == "unavailable" else 200, headers=headers)

    async def guarded_metrics(request: web.Request) -> web.StreamResponse:
        if metrics_token is not None:
            expected = f"Bearer {metrics_token.get_secret_value()}"
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        return await metrics(request)

    router.add_get("/livez", livez)
    router.add_get("/readyz", readyz)
    router.add_get("/metrics", guarded_metrics)
