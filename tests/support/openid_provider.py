"""A small OpenID Connect provider on loopback: people sign in on its page; a test says what it answers instead."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from time import time
from typing import Any, Final
from urllib.parse import unquote_plus

import aiohttp
import jwt
from aiohttp import web
from yarl import URL

from tests.support.keys import jwk, rsa_key

CLIENT_ID: Final = "punctual"
CLIENT_SECRET: Final = "s3cret of a +client: 100%"
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_COOKIE: Final = "provider_session"


@dataclass
class Grant:
    """A code and all that it is bound to."""

    person: str
    session: str
    nonce: str
    challenge: str
    redirect_uri: str
    used: bool = False


@dataclass
class Instead:
    """An answer in place of the right one. `hangs`: nothing comes, ever."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


def as_it_is(claims: dict[str, Any]) -> dict[str, Any]:
    return claims


@dataclass
class OpenIdProvider:
    """`people`: the claims of each by name. `instead`: answers by endpoint (discovery, authorize, token, keys).
    `change`: what becomes of an ID token's claims. `sign`: makes a token of claims. `asked`: the endpoints that
    were asked, in order."""

    issuer: str = ""
    secret: str | None = CLIENT_SECRET
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: {"olga": {"roles": ["ops"]}})
    key: int = 0
    lifetime: float = 3600.0
    instead: dict[str, Instead] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], dict[str, Any]] = as_it_is
    sign: Callable[[dict[str, Any]], str] | None = None
    grants: dict[str, Grant] = field(default_factory=dict, repr=False)
    sessions: dict[str, str] = field(default_factory=dict, repr=False)
    asked: list[str] = field(default_factory=list, repr=False)
    logout_at: str | None = None
    _ends: asyncio.Event = field(default_factory=asyncio.Event)

    def token(self, claims: dict[str, Any], *, typ: str = "JWT") -> str:
        """Signed with the newest key."""
        return jwt.encode(claims, rsa_key(self.key), "RS256", {"kid": f"key-{self.key}", "typ": typ})

    def rotate(self) -> None:
        """Another key in place of the former."""
        self.key += 1

    def id_claims(self, grant: Grant) -> dict[str, Any]:
        now = int(time())
        return {
            "iss": self.issuer,
            "sub": f"sub-of-{grant.person}",
            "aud": CLIENT_ID,
            "exp": now + self.lifetime,
            "iat": now,
            "nonce": grant.nonce,
            "sid": grant.session,
            "preferred_username": grant.person,
            **self.people[grant.person],
        }

    def logout_claims(self, **changes: Any) -> dict[str, Any]:
        """Of a valid logout token but for `changes`; None takes a claim away."""
        now = int(time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {LOGOUT_EVENT: {}},
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    async def log_out(self, url: str, token: str) -> int:
        """Posts a logout token as the provider does; the status of the answer."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{url}/ops/sign-in/back-channel-logout", data={"logout_token": token}) as answer,
        ):
            return answer.status

    # its endpoints

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize?tenant=clinic",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "authorization_response_iss_parameter_supported": True,
                **self.described,
            }
        )

    async def keys(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"keys": [jwk(rsa_key(self.key), f"key-{self.key}", alg="RS256")]})

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """The page on which a person signs in; nobody is asked who has signed in before."""
        asked = request.query
        assert asked["tenant"] == "clinic"
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        session = request.cookies.get(_COOKIE, "")
        if session in self.sessions and asked.get("prompt") != "login":
            return self._redirected(request, self.sessions[session], session)
        page = (
            f"<!doctype html><html lang=en><title>Sign in</title><h1>The provider</h1>"
            f'<form method="post" action="{escape(str(request.rel_url))}"><label>Name <input name="name"></label>'
            '<button>Sign in here</button> <button name="cancel" value="1">Cancel</button></form>'
        )
        return web.Response(text=page, content_type="text/html")

    async def chosen(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if "cancel" in form:
            return self.sent_back(request.query, error="access_denied", error_description="<script>no</script>")
        session = secrets.token_hex(8)
        self.sessions[session] = str(form["name"])
        answer = self._redirected(request, str(form["name"]), session)
        answer.set_cookie(_COOKIE, session, path="/", httponly=True)
        return answer

    def code(self, asked: Mapping[str, str], person: str, session: str) -> str:
        """A new code for what an authorization request has asked."""
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(person, session, asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return code

    def sent_back(self, asked: Mapping[str, str], **answer: str) -> web.Response:
        query = {"state": asked["state"], "iss": self.issuer, **answer}
        return web.Response(status=302, headers={"Location": str(URL(asked["redirect_uri"]).update_query(query))})

    def _redirected(self, request: web.Request, person: str, session: str) -> web.Response:
        return self.sent_back(request.query, code=self.code(request.query, person, session))

    async def redeemed(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not self._is_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        grant = self.grants.get(form.get("code", ""))
        digest = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = grant is not None and (grant.challenge, grant.redirect_uri, grant.used) == (
            digest.rstrip(b"=").decode(),
            form.get("redirect_uri"),
            False,
        )
        if grant is None or not right or form.get("grant_type") != "authorization_code":
            return web.json_response({"error": "invalid_grant", "error_description": "s3cret words"}, status=400)
        grant.used = True
        token = (self.sign or self.token)(self.change(self.id_claims(grant)))
        return web.json_response({"access_token": "not-used", "token_type": "Bearer", "id_token": token})

    def _is_client(self, request: web.Request, form: Mapping[str, str]) -> bool:
        if self.secret is None:
            return form.get("client_id") == CLIENT_ID and "Authorization" not in request.headers
        if "client_secret_post" in self.described.get("token_endpoint_auth_methods_supported", ()):
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, self.secret)
        given = aiohttp.BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        return (unquote_plus(given.login), unquote_plus(given.password)) == (CLIENT_ID, self.secret)

    async def end_session(self, request: web.Request) -> web.StreamResponse:
        """RP-initiated logout: ends the session, tells the client of it, and sends the browser back."""
        asked = request.query
        hint = jwt.decode(asked["id_token_hint"], options={"verify_signature": False})
        assert (asked["client_id"], hint["aud"]) == (CLIENT_ID, CLIENT_ID)
        self.sessions.pop(hint["sid"], None)
        if self.logout_at is not None:
            await self.log_out(self.logout_at, self.token(self.logout_claims(sid=hint["sid"]), typ="logout+jwt"))
        return web.Response(status=302, headers={"Location": asked["post_logout_redirect_uri"]})

    def endpoint(self, name: str, right: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def answered(request: web.Request) -> web.StreamResponse:
            self.asked.append(name)
            instead = self.instead.get(name)
            if instead is None:
                answer: web.StreamResponse = await right(request)
                return answer
            if instead.hangs:
                await self._ends.wait()
            return web.Response(status=instead.status, body=instead.body, headers=instead.headers)

        return answered

    def stop(self) -> None:
        self._ends.set()


async def _nothing(request: web.Request) -> web.Response:
    return web.Response(status=204)


@asynccontextmanager
async def an_openid_provider(**options: Any) -> AsyncIterator[OpenIdProvider]:
    """A provider for the block."""
    provider = OpenIdProvider(**options)
    app = web.Application()
    app.add_routes(
        [
            web.get("/realm/.well-known/openid-configuration", provider.endpoint("discovery", provider.discovery)),
            web.get("/realm/keys", provider.endpoint("keys", provider.keys)),
            web.get("/realm/authorize", provider.endpoint("authorize", provider.authorize)),
            web.post("/realm/authorize", provider.chosen),
            web.post("/realm/token", provider.endpoint("token", provider.redeemed)),
            web.get("/realm/logout", provider.end_session),
            web.get("/favicon.ico", _nothing),  # browsers ask for it
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}/realm"
        yield provider
    finally:
        provider.stop()
        await runner.cleanup()
