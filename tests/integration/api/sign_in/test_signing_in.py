"""An operator signs in by the provider: to the page that was meant, in one browser, once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from yarl import URL

from api_service.identity.oidc import flow
from shared.database import Database
from tests.support.openid_provider import CLIENT_SECRET, OpenIdProvider
from tests.support.provider_visit import a_dashboard, answer, begin, come_back, is_signed_in, sign_in
from tests.support.tokens import a_token
from tests.support.visitor import Visitor


async def test_it_leads_to_the_page_that_was_meant_and_says_who_is_there(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    seen = await sign_in(visitor, provider, page="/ops/jobs?state=failed&kind=appointment_reminder")

    assert (seen.status, seen.path) == (200, "/ops/jobs?state=failed&kind=appointment_reminder")
    assert "olga" in seen.text
    assert "reads only" not in seen.text


async def test_no_secret_is_in_a_log_a_row_or_an_address(
    visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    tokens: list[str] = []

    def kept(claims: dict[str, Any]) -> str:
        tokens.append(provider.token(claims))
        return tokens[-1]

    provider.sign = kept
    with capture_logs() as logged:
        asked = await begin(visitor, "/ops/jobs?state=failed")
        query = answer(provider, asked)
        back = await come_back(visitor, query)
    assert back.status == 303

    cookies = {cookie.key: cookie.value for cookie in visitor.session.cookie_jar}
    secrets = [query["code"], asked["state"], asked["nonce"], *tokens, *cookies.values(), CLIENT_SECRET]
    rows = await database.fetch(
        "SELECT s::text AS text FROM ops_sessions s UNION ALL SELECT u::text FROM ops_used_sign_ins u"
    )
    stored = "".join(row["text"] for row in rows)
    assert len(rows) == 2
    for secret in secrets:
        assert secret not in str(logged)
        assert secret not in stored
        assert secret.encode().hex() not in stored
    assert "jobs" not in asked["state"]
    assert back.headers["Location"] == "/ops/jobs?state=failed"  # the address with the code is in no history


async def test_the_cookies_are_for_no_script_and_the_session_for_no_other_site(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    asked = await visitor.get("/ops/sign-in/provider", follow=False)
    flow_cookie = asked.headers["Set-Cookie"]
    back = await come_back(visitor, answer(provider, URL(asked.headers["Location"]).query))
    session_cookie = back.headers["Set-Cookie"]

    assert "SameSite=Lax" in flow_cookie
    assert "Max-Age=600" in flow_cookie
    assert "SameSite=Strict" in session_cookie
    for cookie in (flow_cookie, session_cookie):
        assert "HttpOnly" in cookie


async def test_behind_a_proxy_with_https_both_cookies_are_of_this_host(
    database: Database, database_url: str, provider: OpenIdProvider
) -> None:
    async with (
        a_dashboard(
            database_url, provider, trusted_proxies=("127.0.0.0/8",), ops_url="https://ops.clinic.example"
        ) as url,
        Visitor.at(url) as visitor,
    ):
        proxied = {"X-Forwarded-Proto": "https", "Host": "ops.clinic.example"}
        start = await visitor.get("/ops/sign-in/provider?next=/ops/log", proxied, follow=False)
        asked = URL(start.headers["Location"]).query
        assert asked["redirect_uri"] == "https://ops.clinic.example/ops/sign-in/callback"
        name, _, value = start.headers["Set-Cookie"].partition(";")[0].partition("=")
        assert name == "__Host-ops_sign_in"
        path = str(URL("/ops/sign-in/callback").with_query(answer(provider, asked)))
        back = await visitor.get(path, proxied | {"Cookie": f"{name}={value}"}, follow=False)
        assert back.headers["Set-Cookie"].startswith("__Host-ops_session=")
        assert "Secure" in back.headers["Set-Cookie"]


async def test_a_browser_that_came_by_another_host_goes_on_at_ours(dashboard: str, visitor: Visitor) -> None:
    seen = await visitor.get("/ops/sign-in?next=/ops/log", {"Host": "ops.internal:81"})
    assert f'href="{dashboard}/ops/sign-in/provider?next=/ops/log"' in seen.html


@pytest.mark.parametrize(
    "asked", ["https://elsewhere.example/ops", "//elsewhere.example", "/opsx", "/ops/" + "x" * 2_000]
)
async def test_it_leads_nowhere_else(visitor: Visitor, provider: OpenIdProvider, asked: str) -> None:
    start = await visitor.get(str(URL("/ops/sign-in/provider").with_query({"next": asked})), follow=False)
    back = await come_back(visitor, answer(provider, URL(start.headers["Location"]).query))
    assert back.headers["Location"] == "/ops"


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/ops/jobs?error=%C3%BC%22%27%3B%2C%20x", "/ops/jobs?error=%C3%BC"),
        ("/ops/jobs?error=%FF%00%0D%0ASet-Cookie:%20a=b", "/ops"),
        ("/ops/jobs?client=a%26b%3Dc", "/ops/jobs?client=a"),
    ],
)
async def test_odd_letters_of_the_page_come_back_as_an_address(
    visitor: Visitor, provider: OpenIdProvider, asked: str, leads: str
) -> None:
    start = await visitor.get(str(URL("/ops/sign-in/provider").with_query({"next": asked})), follow=False)
    back = await come_back(visitor, answer(provider, URL(start.headers["Location"]).query))
    address = back.headers["Location"]
    assert address.startswith(leads)
    assert re.fullmatch(r"[\x21-\x7e]+", address)


async def test_the_session_is_a_new_one_and_the_browsers_former_one_ends(
    visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops")})
    start = await visitor.get("/ops/sign-in/provider", follow=False)
    await come_back(visitor, answer(provider, URL(start.headers["Location"]).query))

    [left] = await database.fetch("SELECT subject, issuer, provider_subject, provider_session FROM ops_sessions")
    assert tuple(left) == ("olga", provider.issuer, "sub-of-olga", "s1")
    await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops")})
    [left] = await database.fetch("SELECT subject, issuer FROM ops_sessions")
    assert tuple(left) == ("operator", None)


@pytest.mark.parametrize(
    ("lifetime", "longest", "seconds"),
    [(300.0, 3600.0, 300), (7200.0, 600.0, 600)],
    ids=["the provider", "the setting"],
)
async def test_a_session_ends_with_the_id_token_and_after_its_longest_time(
    database: Database, database_url: str, provider: OpenIdProvider, lifetime: float, longest: float, seconds: int
) -> None:
    provider.lifetime = lifetime
    async with a_dashboard(database_url, provider, oidc_session=longest) as url, Visitor.at(url) as visitor:
        back = await come_back(visitor, answer(provider, await begin(visitor)))
    [row] = await database.fetch("SELECT expires_at - created_at AS length FROM ops_sessions")
    found = re.search(r"Max-Age=(\d+)", back.headers["Set-Cookie"])
    assert found
    assert int(found[1]) <= seconds
    assert row["length"] <= timedelta(seconds=seconds)
    assert row["length"] > timedelta(seconds=seconds - 100)


async def test_two_tabs_sign_in_side_by_side(visitor: Visitor, provider: OpenIdProvider) -> None:
    first = await begin(visitor, "/ops/log")
    second = await begin(visitor, "/ops/queues")
    assert (await come_back(visitor, answer(provider, second))).headers["Location"] == "/ops/queues"
    assert (await come_back(visitor, answer(provider, first))).headers["Location"] == "/ops/log"


@pytest.mark.parametrize(
    ("secret", "described"),
    [
        (CLIENT_SECRET, {}),
        (CLIENT_SECRET, {"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"]}),
        (None, {}),
    ],
    ids=["basic", "post", "public"],
)
async def test_each_way_to_be_known_as_a_client(
    database: Database, database_url: str, provider: OpenIdProvider, secret: str | None, described: dict[str, Any]
) -> None:
    provider.secret, provider.described = secret, described
    async with a_dashboard(database_url, provider) as url, Visitor.at(url) as visitor:
        assert (await sign_in(visitor, provider)).path == "/ops/log"


async def test_wrong_credentials_of_ours_sign_nobody_in(
    database: Database, database_url: str, provider: OpenIdProvider
) -> None:
    async with (
        a_dashboard(database_url, provider, oidc_client_secret=SecretStr("another")) as url,
        Visitor.at(url) as visitor,
    ):
        with capture_logs() as logged:
            seen = await sign_in(visitor, provider)
        assert (seen.status, "has not confirmed the sign-in" in seen.text) == (401, True)
        assert [each["detail"] for each in logged if each.get("why") == "code"] == ["invalid_client"]


async def test_an_answer_is_taken_in_the_browser_that_has_asked_only(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    """Somebody else's answer would sign its reader in as them, or them as its reader."""
    asked = await begin(visitor)
    query = answer(provider, asked)
    async with Visitor.at(dashboard) as other:
        await begin(other)
        seen = await come_back(other, query)
        assert (seen.status, "begun in another browser" in seen.text) == (401, True)
        assert not await is_signed_in(other)
    async with Visitor.at(dashboard) as without_cookie:
        assert (await come_back(without_cookie, query)).status == 401
    assert "token" not in provider.asked
    assert (await come_back(visitor, query)).status == 303


async def test_an_answer_signs_in_once(visitor: Visitor, provider: OpenIdProvider, database: Database) -> None:
    asked = await begin(visitor)
    first = answer(provider, asked)
    assert (await come_back(visitor, first)).status == 303

    assert (await come_back(visitor, first)).status == 401
    replayed = await come_back(visitor, answer(provider, asked))  # with a new code, but the state of before
    assert (replayed.status, replayed.headers["Location"]) == (303, "/ops/log")
    assert "Set-Cookie" not in replayed.headers
    assert len(await database.fetch("SELECT FROM ops_sessions")) == 1


async def test_an_answer_after_ten_minutes_signs_nobody_in(
    visitor: Visitor, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "LIFETIME", -1)
    query = answer(provider, await begin(visitor))
    assert (await come_back(visitor, query)).status == 401


async def test_a_code_is_good_for_the_verifier_of_its_flow_only(visitor: Visitor, provider: OpenIdProvider) -> None:
    """A code that was stolen and put into another sign-in (RFC 7636)."""
    stolen = answer(provider, await begin(visitor))["code"]
    own = answer(provider, await begin(visitor))
    own["code"] = stolen
    seen = await come_back(visitor, own)
    assert (seen.status, "has not confirmed" in seen.text) == (401, True)


ODD_ANSWERS: dict[str, Any] = {
    "no state": {"state": None},
    "two states": [("state", "x")],
    "a cut state": {"state": lambda state: state[:-1]},
    "a longer state": {"state": lambda state: state + "A"},
    "a padded state": {"state": lambda state: state + "="},
    "a long state": {"state": "A" * 8_000},
    "a state that is no text": {"state": "\x00\udcff\u00e4"},
    "no code": {"code": None},
    "an empty code": {"code": ""},
    "two codes": [("code", "x")],
    "a long code": {"code": "x" * 5_000},
    "a code that is no text": {"code": "\x00\r\n\u00e4"},
    "another code": {"code": "made-up"},
    "another issuer": {"iss": "https://elsewhere.example"},
    "two issuers": [("iss", "https://elsewhere.example")],
    "no issuer": {"iss": None},
    "cancelled": {"error": "access_denied", "code": None},
    "an error beside a code": {"error": "access_denied"},
    "an error that is away": {"error": "temporarily_unavailable", "code": None},
    "an error with markup": {
        "error": "<script>alert(1)</script>",
        "error_description": "<b>call 0900</b>",
        "code": None,
    },
    "an error of odd bytes": {"error": "\x00\r\nSet-Cookie: a=b\u2028", "code": None},
    "two errors": [("error", "access_denied"), ("error", "<x>")],
}


def changed(query: Any, changes: Any) -> Any:
    if isinstance(changes, list):
        for name, value in changes:
            query.add(name, value)
        return query
    for name, value in changes.items():
        if value is None:
            query.popall(name, None)
        else:
            query[name] = value(query[name]) if callable(value) else value.encode("utf-8", "replace").decode()
    return query


async def test_an_odd_answer_signs_nobody_in_and_none_of_it_is_repeated(
    visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    for what, changes in ODD_ANSWERS.items():
        query = changed(answer(provider, await begin(visitor)), changes)
        with capture_logs() as logged:
            seen = await come_back(visitor, query)
        assert seen.status in (401, 503), what
        assert "Sign in with Clinic ID" in seen.text, what
        assert "Set-Cookie" not in seen.headers, what
        assert not re.search("script>alert|0900|made-up|elsewhere", seen.html), what
        assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")], what
        assert "elsewhere" not in str(logged), what
        assert await database.fetch("SELECT FROM ops_sessions") == [], what
        visitor.session.cookie_jar.clear()


@pytest.mark.parametrize(
    ("claims", "settings", "may"),
    [
        ({"roles": ["ops:read"]}, {}, "read"),
        ({"roles": "ops"}, {}, "change"),
        ({"roles": ["client"]}, {}, "nothing"),
        ({}, {}, "nothing"),
        ({"roles": {"ops": True}}, {}, "nothing"),
        ({"roles": [["ops"], 5, None]}, {}, "nothing"),
        ({"roles": ["ops"]}, {"oidc_roles": {"/clinic/admins": "ops"}}, "nothing"),
        (
            {"groups": ["/clinic/night", "x"]},
            {"oidc_roles_claim": "groups", "oidc_roles": {"/clinic/night": "ops:read"}},
            "read",
        ),
        ({"realm_access": {"roles": ["ops"]}}, {"oidc_roles_claim": "realm_access.roles"}, "change"),
    ],
)
async def test_the_claim_decides_what_a_person_may_do(
    database: Database, database_url: str, provider: OpenIdProvider, claims: Any, settings: Any, may: str
) -> None:
    provider.people["olga"] = claims
    async with a_dashboard(database_url, provider, **settings) as url, Visitor.at(url) as visitor:
        seen = await sign_in(visitor, provider)
        if may == "nothing":
            assert (seen.status, "olga may not use this dashboard" in seen.text) == (403, True)
            assert "again=1" in seen.html
            assert not await is_signed_in(visitor)
        else:
            assert seen.path == "/ops/log"
            assert ("reads only" in seen.text) == (may == "read")


async def test_whoever_may_not_can_sign_in_as_somebody_else(visitor: Visitor, provider: OpenIdProvider) -> None:
    start = await visitor.get("/ops/sign-in/provider?again=1", follow=False)
    assert URL(start.headers["Location"]).query["prompt"] == "login"


async def test_a_name_that_cannot_be_shown_is_replaced_by_the_subject(
    visitor: Visitor, provider: OpenIdProvider
) -> None:
    for odd in ("a\u202eb\x00", "", " ", "x" * 500, 5, None, ["olga"]):
        provider.people["olga"] = {"roles": ["ops"], "preferred_username": odd}
        async with Visitor.at(visitor.url) as other:
            assert "sub-of-olga" in (await sign_in(other, provider)).text


async def test_a_head_request_uses_nothing_up(visitor: Visitor, provider: OpenIdProvider) -> None:
    """Scanners of links send one before the browser does."""
    query = answer(provider, await begin(visitor))
    address = str(URL("/ops/sign-in/callback").with_query(query))
    async with visitor.session.head(visitor.url + address) as head:
        assert head.status in (404, 405)
    assert (await come_back(visitor, query)).status == 303


async def test_without_a_provider_there_is_nothing_of_it(
    database: Database, database_url: str, provider: OpenIdProvider
) -> None:
    without = {"oidc_issuer": None, "oidc_client_id": None}
    async with a_dashboard(database_url, provider, **without) as url, Visitor.at(url) as visitor:
        assert "Clinic ID" not in (await visitor.get("/ops/sign-in")).text
        for path in ("/ops/sign-in/provider", "/ops/sign-in/callback?code=a&state=b"):
            assert (await visitor.get(path)).status == 404
        assert (await visitor.post("/ops/sign-in/back-channel-logout", {"logout_token": "x"})).status == 404
    assert provider.asked == []


async def test_when_the_session_has_ended_so_has_the_sign_in(
    visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    await sign_in(visitor, provider)
    [row] = await database.fetch("SELECT expires_at FROM ops_sessions")
    assert row["expires_at"] > datetime.now(UTC)
    await database.execute("UPDATE ops_sessions SET expires_at = now() - interval '1 second'")
    assert not await is_signed_in(visitor)
