"""Who may call what."""

import re
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from aiohttp import web
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from tests.integration.api.conftest import a_token
from tests.support.client import Client
from tests.support.world import SECRET

OPEN = {"/livez", "/readyz", "/metrics"}
DASHBOARD = ("/ops", "/hangfire")  # guarded by sessions: test_dashboard_access.py


def guarded_routes() -> list[tuple[str, str, tuple[str, ...]]]:
    """Method, path and roles of every route but the probes and the dashboard's."""
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
    app = create_app(settings, on_failure=lambda: None)
    found = []
    for route in app.router.routes():
        path = route.resource.canonical if isinstance(route.resource, web.Resource) else ""
        if path not in OPEN and not path.startswith(DASHBOARD) and route.method != "HEAD":
            found.append((route.method, re.sub(r"\{\w+\}", "1", path), vars(route.handler)["required_roles"]))
    return found


@pytest.mark.parametrize(("method", "path", "roles"), guarded_routes())
async def test_every_route_wants_a_token_of_its_role(
    api_url: str, nobody: Client, method: str, path: str, roles: tuple[str, ...]
) -> None:
    answer = await nobody(method, path)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if roles:
        other = Client(api_url, a_token("somebody", *({"client", "ops", "ops:read"} - set(roles))))
        assert (await other(method, path)).status == 403


def forged(key: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    claims = {"sub": "c", "roles": ["client"], "exp": datetime.now(UTC) + timedelta(hours=1)} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


@pytest.mark.parametrize(
    "token",
    [
        "not.a.token",
        "x" * 8_000,
        forged(key="another secret of more than 32 bytes!"),
        forged(key="", algorithm="none"),
        forged(key=SECRET * 2, algorithm="HS512"),
        forged(exp=datetime.now(UTC) - timedelta(seconds=1)),
        forged(nbf=datetime.now(UTC) + timedelta(hours=1)),
        forged(exp=None),
        forged(sub=None),
        forged(sub=""),
        forged(sub="a\nb"),
        forged(roles="client\n" * 3, email=5),
        forged(aud="another service"),
    ],
    ids=lambda token: token[-12:],
)
async def test_a_token_that_does_not_verify_is_refused(api_url: str, token: str) -> None:
    answer = await Client(api_url, token)("GET", "/api/client/appointments")
    assert answer.status == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


async def test_probes_need_no_token(nobody: Client) -> None:
    assert (await nobody("GET", "/livez")).status == 200
    assert (await nobody("GET", "/readyz")).body["status"] == "ok"
    assert "punctual_http_request_duration_seconds" in (await nobody("GET", "/metrics")).body
