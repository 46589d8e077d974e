"""Goes through a sign-in by a provider as a browser without scripts does, one step at a time."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from typing import Any, Final

from aiohttp import web
from multidict import MultiDict
from pydantic import SecretStr
from yarl import URL

from api_service.app import create_app
from api_service.resources import timeouts
from api_service.settings import ApiSettings
from api_service.web.server import create_runner
from deploy.local.ports import free_port
from tests.support.openid_provider import CLIENT_ID, OpenIdProvider
from tests.support.tokens import SECRET
from tests.support.visitor import Seen, Visitor

CALLBACK: Final = "/ops/sign-in/callback"


@asynccontextmanager
async def a_dashboard(database_url: str, provider: OpenIdProvider, **changes: Any) -> AsyncIterator[str]:
    """The API for the block, with that provider; its URL."""
    port = free_port()
    values: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "amqp_url": SecretStr("amqp://nowhere/"),
        "relay_enabled": False,
        "rate_limit": None,
        "address_rate_limit": None,
        "jwt_secret": SecretStr(SECRET),
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": None if provider.secret is None else SecretStr(provider.secret),
        "oidc_name": "Clinic ID",
        "ops_url": f"http://127.0.0.1:{port}",
    }
    settings = ApiSettings(**(values | changes))
    runner = create_runner(create_app(settings, on_failure=lambda: None), timeouts(settings), shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def begin(visitor: Visitor, page: str = "/ops/log") -> Mapping[str, str]:
    """Asks for a page, and follows the link to the provider. The authorization request's query."""
    asked = await visitor.get(page)
    assert asked.path.startswith("/ops/sign-in"), asked.path
    link = re.search(r'<a class="button main" href="([^"]+)">', asked.html)
    assert link, asked.text
    sent_on = await visitor.get(unescape(link[1]), follow=False)
    assert sent_on.status == 303, sent_on.text
    return URL(sent_on.headers["Location"]).query


def answer(provider: OpenIdProvider, asked: Mapping[str, str], person: str = "olga", session: str = "s1") -> Any:
    """The query with which the provider sends a browser back that has signed in as `person`."""
    code = provider.code(asked, person, session)
    return MultiDict({"state": asked["state"], "iss": provider.issuer, "code": code})


async def come_back(visitor: Visitor, query: Any) -> Seen:
    """The answer to the callback: a redirect to the page that was meant, or the page that says why not."""
    return await visitor.get(str(URL(CALLBACK).with_query(query)), {"Sec-Fetch-Site": "cross-site"}, follow=False)


async def sign_in(
    visitor: Visitor, provider: OpenIdProvider, person: str = "olga", session: str = "s1", page: str = "/ops/log"
) -> Seen:
    """The page that was meant, or the one that says why not."""
    back = await come_back(visitor, answer(provider, await begin(visitor, page), person, session))
    return back if back.status != 303 else await visitor.get(back.headers["Location"])


async def is_signed_in(visitor: Visitor) -> bool:
    return (await visitor.get("/ops/log")).path == "/ops/log"
