"""Whatever the provider answers, or does not: nobody is signed in by mistake, and tokens still work."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time
from typing import Any, Final

import jwt
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from api_service.identity import json_over_http, published
from api_service.identity.oidc.discovery import parse
from api_service.identity.signing_keys import _usable
from deploy.local.ports import free_port
from shared.database import Database
from tests.support.keys import ec_key, jwk, pem, raw_signed, raw_token, rsa_key
from tests.support.openid_provider import CLIENT_ID, Instead, OpenIdProvider
from tests.support.provider_visit import a_dashboard, answer, begin, come_back, is_signed_in, sign_in
from tests.support.tokens import a_token
from tests.support.visitor import Visitor
from tests.support.waiting import LONGEST

Claims = dict[str, Any]


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {each: value for each, value in claims.items() if each != name}


def with_(**changes: Any) -> Callable[[Claims], Claims]:
    return lambda claims: claims | changes


WRONG_CLAIMS: Final[dict[str, Callable[[Claims], Claims]]] = {
    "another issuer": with_(iss="https://elsewhere.example"),
    "the issuer with a slash": lambda claims: claims | {"iss": claims["iss"] + "/"},
    "another nonce": with_(nonce="another"),
    "a nonce that is a number": with_(nonce=5),
    "an expired token": with_(exp=int(time()) - 10),
    "a token of tomorrow": with_(nbf=int(time()) + 86_400),
    "an end beyond every calendar": with_(exp=10**30),
    "another audience": with_(aud="another"),
    "several audiences, and nobody it was issued to": with_(aud=[CLIENT_ID, "another"]),
    "several audiences, issued to another": with_(aud=[CLIENT_ID, "another"], azp="another"),
    "issued to another": with_(azp="another"),
    "an audience that is a number": with_(aud=5),
    "an empty subject": with_(sub=""),
    "a subject of odd letters": with_(sub="a\x00b"),
    "a long subject": with_(sub="x" * 256),
    "a subject that is a number": with_(sub=5),
    "a session that is a number": with_(sid=5),
    "a time of issue that is none": with_(iat="now"),
    **{f"without {name}": without(name) for name in ("iss", "sub", "aud", "exp", "iat", "nonce")},
}


def by_hs256(secret: str) -> Callable[[Claims], str]:
    """What PyJWT refuses to sign: the public key or the client's secret as a key of HMAC."""

    def signed(claims: Claims) -> str:
        header = raw_token({"alg": "HS256", "kid": "key-0"}, orjson.dumps(claims)).rpartition(".")[0]
        mac = hmac.new(secret.encode(), header.encode(), hashlib.sha256).digest()
        return f"{header}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return signed


def signed_by(key: Any, algorithm: str, **headers: Any) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode(claims, key, algorithm, {"kid": "key-0"} | headers)


WRONG_SIGNATURES: Final[dict[str, Callable[[Claims], Any]]] = {
    "alg none": lambda claims: raw_token({"alg": "none", "kid": "key-0"}, orjson.dumps(claims)),
    "alg None": lambda claims: raw_token({"alg": "None", "kid": "key-0"}, orjson.dumps(claims)),
    "no signature": lambda claims: raw_token({"alg": "RS256", "kid": "key-0"}, orjson.dumps(claims)),
    "HMAC by the public key": by_hs256(pem(rsa_key())),
    "HMAC by the client's secret": by_hs256("s3cret of a +client: 100%"),
    "another key": signed_by(rsa_key(7), "RS256"),
    "another algorithm": signed_by(rsa_key(), "PS256"),
    "another kind of key": signed_by(ec_key(), "ES256"),
    "a key that is not published": signed_by(rsa_key(7), "RS256", kid="key-7"),
    "a key without an id": lambda claims: raw_signed({"alg": "RS256"}, claims, rsa_key()),
    "a key whose id is a number": lambda claims: raw_signed({"alg": "RS256", "kid": 5}, claims, rsa_key()),
    "a type that is a list": lambda claims: raw_signed({"alg": "RS256", "kid": "key-0", "typ": []}, claims, rsa_key()),
    "a key that it brings along": signed_by(rsa_key(7), "RS256", jwk=jwk(rsa_key(7), "key-0")),
    "a logout token": signed_by(rsa_key(), "RS256", typ="logout+jwt"),
    "something critical": lambda claims: raw_signed(
        {"alg": "RS256", "kid": "key-0", "crit": ["x"], "x": 1}, claims, rsa_key()
    ),
    "a signature of two spellings": lambda claims: signed_by(rsa_key(), "RS256")(claims) + "=",
    "no token": lambda claims: "not.a.token",
    "an empty token": lambda claims: "",
    "a number": lambda claims: 5,
    "nothing": lambda claims: None,
    "odd letters": lambda claims: "\u00e4.\u2028.\x00",
    "a long token": lambda claims: "a." * 40_000,
    "deep claims": lambda claims: raw_token({"alg": "RS256", "kid": "key-0"}, b"[" * 5_000),
    "a header of a header": lambda claims: raw_token(b"{" * 50, b"{}"),
    "a header that is a list": lambda claims: raw_token(b"[]", b"{}"),
}


async def refused(visitor: Visitor, provider: OpenIdProvider, what: str) -> list[str]:
    """What is wrong with how this sign-in is refused."""
    with capture_logs() as logged:
        seen = await sign_in(visitor, provider)
    wrong = []
    if seen.status != 401 or "does not prove who you are" not in seen.text:
        wrong.append(f"{what}: {seen.status} {seen.text}")
    if "Set-Cookie" in seen.headers or await is_signed_in(visitor):
        wrong.append(f"{what}: signed in")
    if any(entry["log_level"] in ("error", "critical") for entry in logged):
        wrong.append(f"{what}: {logged}")
    return wrong


async def test_a_token_with_wrong_claims_proves_nothing(visitor: Visitor, provider: OpenIdProvider) -> None:
    wrong = []
    for what, provider.change in WRONG_CLAIMS.items():
        wrong += await refused(visitor, provider, what)
    assert wrong == []


async def test_a_token_that_the_provider_has_not_signed_proves_nothing(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    wrong = []
    for what, provider.sign in WRONG_SIGNATURES.items():
        wrong += await refused(visitor, provider, what)
    assert wrong == []


@pytest.mark.parametrize(
    "claims", [{"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}, {"sid": None}]
)
async def test_other_right_tokens_are_taken(visitor: Visitor, provider: OpenIdProvider, claims: Claims) -> None:
    provider.change = lambda old: {name: value for name, value in (old | claims).items() if value is not None}
    assert (await sign_in(visitor, provider)).path == "/ops/log"


ANY_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "sid", "roles", "preferred_username")


@given(changes=st.dictionaries(st.sampled_from(CLAIMS), ANY_JSON, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_claims_are_answered_by_a_page(
    visitor: Visitor, provider: OpenIdProvider, changes: dict[str, Any]
) -> None:
    provider.sign = lambda claims: _signed(provider, claims | changes)
    with capture_logs() as logged:
        seen = await come_back(visitor, answer(provider, await begin(visitor)))
    assert seen.status in (303, 401, 403)
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]
    visitor.session.cookie_jar.clear()


def _signed(provider: OpenIdProvider, claims: Claims) -> str:
    return raw_signed({"alg": "RS256", "kid": f"key-{provider.key}"}, claims, rsa_key(provider.key))


ODD_BODIES: Final[dict[str, Instead]] = {
    "400": Instead(400, b'{"error": "invalid_grant", "error_description": "<script>"}'),
    "400 in HTML": Instead(400, b"<html>no</html>"),
    "400 with another code": Instead(400, b'{"error": ["a", 5]}'),
    "401": Instead(401, b'{"error": "invalid_client"}'),
    "404": Instead(404),
    "429": Instead(429, b"{}"),
    "500": Instead(500, b"{}"),
    "503 in HTML": Instead(503, b"<html>no</html>"),
    "a redirect": Instead(302, headers={"Location": "/realm/keys"}),
    "not JSON": Instead(200, b"id_token=x"),
    "no object": Instead(200, b"[]"),
    "empty": Instead(200, b""),
    "204": Instead(204),
    "not UTF-8": Instead(200, b'{"id_token": "\xff\xfe"}'),
    "deep": Instead(200, b'{"id_token": ' + b"[" * 100_000),
    "huge": Instead(200, b'{"id_token": "' + b"x" * 5_000_000 + b'"}'),
    "no gzip": Instead(200, b"{}", {"Content-Encoding": "gzip"}),
    "too short": Instead(200, b"{}", {"Content-Length": "100"}),
    "hanging": Instead(hangs=True),
}


NEVER_WHOLE: Final = ("too short", "hanging")


@contextmanager
def impatient(instead: str) -> Iterator[None]:
    """Nobody waits long for an answer that never comes. Others have the time that a busy machine needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_over_http, "TIMEOUT", 0.5 if instead in NEVER_WHOLE else LONGEST)
        yield


async def test_any_answer_of_the_token_endpoint_is_answered_by_a_page(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    wrong = []
    for what, instead in ODD_BODIES.items():
        asked = await begin(visitor)
        provider.instead["token"] = instead
        with capture_logs() as logged, impatient(what):
            seen = await come_back(visitor, answer(provider, asked))
        if seen.status not in (401, 503) or "Sign in with Clinic ID" not in seen.text or "script>" in seen.text:
            wrong.append(f"{what}: {seen.status} {seen.text}")
        if [entry for entry in logged if entry["log_level"] in ("error", "critical")] or "script" in str(logged):
            wrong.append(f"{what}: {logged}")
    assert wrong == []
    del provider.instead["token"]
    assert (await sign_in(visitor, provider)).path == "/ops/log"


@pytest.mark.parametrize("endpoint", ["discovery", "keys"])
@pytest.mark.parametrize("instead", [each for each in ODD_BODIES if each not in ("400", "401", "404", "429", "500")])
async def test_while_a_document_cannot_be_read_tokens_open_the_dashboard_and_it_heals(
    visitor: Visitor,
    provider: OpenIdProvider,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    instead: str,
) -> None:
    monkeypatch.setattr(published, "AT_ONCE", 1_000)  # reads in a row, since this test does not wait between them
    asked = await begin(visitor) if endpoint == "keys" else None
    provider.instead[endpoint] = ODD_BODIES[instead]
    with impatient(instead):
        if asked is None:
            seen = await visitor.get("/ops/sign-in/provider?next=/ops/log")
        else:
            seen = await come_back(visitor, answer(provider, asked))
    assert (seen.status, "does not answer just now" in seen.text) == (503, True)
    assert '<details class="hint" open>' in seen.html

    signed_in = await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops"), "next": "/ops/log"})
    assert signed_in.path == "/ops/log"
    visitor.session.cookie_jar.clear()
    provider.instead.clear()


async def test_a_provider_that_is_away_at_the_start_is_used_when_it_comes(
    database: Database, database_url: str, provider: OpenIdProvider
) -> None:
    right, provider.issuer = provider.issuer, f"http://127.0.0.1:{free_port()}/realm"
    async with a_dashboard(database_url, provider) as url, Visitor.at(url) as visitor:
        provider.issuer = right
        assert (await visitor.get("/readyz")).status in (200, 503)
        assert (await visitor.get("/ops/sign-in/provider")).status == 503
        assert (await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops")})).path == "/ops"


async def test_a_document_that_was_not_read_at_first_is_read_later(visitor: Visitor, provider: OpenIdProvider) -> None:
    provider.instead["discovery"] = Instead(500)
    assert (await visitor.get("/ops/sign-in/provider")).status == 503
    del provider.instead["discovery"]
    assert (await sign_in(visitor, provider)).path == "/ops/log"


async def test_a_provider_that_is_away_is_not_asked_for_each_visitor(
    database: Database, database_url: str, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "COOLDOWN", 60.0)  # longer than all of the visits take, also on a busy machine
    provider.instead["discovery"] = Instead(500)
    async with a_dashboard(database_url, provider) as url, Visitor.at(url) as visitor:
        for _ in range(20):
            assert (await visitor.get("/ops/sign-in/provider")).status == 503
    assert len(provider.asked) == published.AT_ONCE


async def test_new_keys_of_the_provider_are_taken_and_the_former_ones_are_not(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    assert (await sign_in(visitor, provider)).path == "/ops/log"
    former = provider.key
    provider.rotate()
    visitor.session.cookie_jar.clear()
    assert (await sign_in(visitor, provider, session="s2")).path == "/ops/log"
    visitor.session.cookie_jar.clear()
    provider.sign = signed_by(rsa_key(former), "RS256", kid=f"key-{former}")
    assert (await sign_in(visitor, provider, session="s3")).status == 401


WRONG_METADATA: Final[dict[str, dict[str, Any]]] = {
    "another issuer": {"issuer": "https://elsewhere.example"},
    "no token endpoint": {"token_endpoint": None},
    "a token endpoint without TLS": {"token_endpoint": "http://id.clinic.example/token"},
    "keys of a file": {"jwks_uri": "file:///etc/passwd"},
    "an endpoint with a password": {"authorization_endpoint": "https://a:b@id.clinic.example/"},
    "an endpoint of brackets": {"authorization_endpoint": "https://["},
    "an endpoint that is a list": {"token_endpoint": ["https://id.clinic.example/token"]},
    "an endpoint with a line": {"token_endpoint": "https://id.clinic.example/\r\nX: y"},
    "an end that runs a script": {"end_session_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("changes", WRONG_METADATA.values(), ids=WRONG_METADATA)
async def test_metadata_that_are_not_safe_are_not_used(
    visitor: Visitor, provider: OpenIdProvider, changes: dict[str, Any]
) -> None:
    provider.described = changes
    assert (await visitor.get("/ops/sign-in/provider")).status == 503


METADATA: Final = (
    *("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "issuer"),
    *("token_endpoint_auth_methods_supported", "authorization_response_iss_parameter_supported"),
)


@given(
    st.dictionaries(
        st.sampled_from(METADATA),
        ANY_JSON | st.text().map("https://".__add__),
    )
)
def test_any_metadata_are_taken_or_refused(found: dict[str, Any]) -> None:
    issuer = "https://id.clinic.example"
    right = dict.fromkeys(METADATA[:3], f"{issuer}/x")
    try:
        metadata = parse(issuer, {"issuer": issuer} | right | found)
    except ValueError:
        return
    assert metadata.token.startswith("https://")


MEMBERS: Final = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y", "k", "key_ops", "x5c")


@given(
    st.lists(
        st.dictionaries(st.sampled_from(MEMBERS), ANY_JSON | st.sampled_from(["RSA", "EC", "oct", "AQAB", "P-256"]))
        | ANY_JSON,
        max_size=3,
    )
)
def test_any_key_set_is_taken_or_refused(keys: list[Any]) -> None:
    try:
        assert _usable({"keys": keys})
    except (ValueError, jwt.PyJWTError):
        return


@pytest.fixture(autouse=True)
def no_errors_of_ours(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.ERROR):
        yield
    assert not [each for each in caplog.records if each.name.startswith(("api_service", "asyncio", "aiohttp"))]
