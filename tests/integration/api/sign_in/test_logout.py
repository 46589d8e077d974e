"""The end of a session: by the operator, who signs out at the provider too, and on the provider's word."""

from time import time
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from api_service.web.limits.rate import Rate
from shared.database import Database
from tests.integration.api.sign_in.test_provider_answers import ANY_JSON, WRONG_SIGNATURES
from tests.support.keys import raw_signed, rsa_key
from tests.support.openid_provider import CLIENT_ID, LOGOUT_EVENT, Instead, OpenIdProvider
from tests.support.provider_visit import a_dashboard, answer, begin, come_back, is_signed_in, sign_in
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

TYPE: Final = "logout+jwt"


async def ordered(provider: OpenIdProvider, url: str, **changes: Any) -> int:
    """The answer to a logout that is valid but for `changes`."""
    return await provider.log_out(url, provider.token(provider.logout_claims(**changes), typ=TYPE))


async def test_the_provider_ends_one_session(dashboard: str, visitor: Visitor, provider: OpenIdProvider) -> None:
    await sign_in(visitor, provider, session="s1")
    async with Visitor.at(dashboard) as other:
        await sign_in(other, provider, session="s2")

        assert await ordered(provider, dashboard, sid="s1") == 200

        assert not await is_signed_in(visitor)
        assert (await visitor.get("/ops", {"X-Live": "1"})).status == 401
        assert await is_signed_in(other)


async def test_the_provider_ends_all_sessions_of_a_person(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider
) -> None:
    provider.people["peter"] = {"roles": ["ops"]}
    async with Visitor.at(dashboard) as second, Visitor.at(dashboard) as peter, Visitor.at(dashboard) as by_token:
        await sign_in(visitor, provider, session="s1")
        await sign_in(second, provider, session="s2")
        await sign_in(peter, provider, "peter", session="s3")
        await by_token.post("/ops/sign-in", {"token": a_token("sub-of-olga", "ops")})

        assert await ordered(provider, dashboard, sub="sub-of-olga") == 200

        states = [await is_signed_in(each) for each in (visitor, second, peter, by_token)]
    assert states == [False, False, True, True]


async def test_a_session_whose_token_had_no_id_ends_with_its_person(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider
) -> None:
    provider.change = lambda claims: {name: value for name, value in claims.items() if name != "sid"}
    await sign_in(visitor, provider)
    assert await ordered(provider, dashboard, sub="sub-of-olga", sid="s1") == 200
    assert not await is_signed_in(visitor)


async def test_somebody_elses_session_does_not_end(dashboard: str, visitor: Visitor, provider: OpenIdProvider) -> None:
    await sign_in(visitor, provider, session="s1")
    assert await ordered(provider, dashboard, sid="s1", sub="sub-of-peter") == 200
    assert await ordered(provider, dashboard, sid="s2", sub="sub-of-olga") == 200
    assert await is_signed_in(visitor)


@pytest.mark.parametrize("named", [{"sid": "s1"}, {"sub": "sub-of-olga"}, {"sid": "s1", "sub": "sub-of-olga"}])
async def test_a_sign_in_on_its_way_ends_too(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider, named: dict[str, str]
) -> None:
    """The provider's word may overtake the browser."""
    query = answer(provider, await begin(visitor), session="s1")
    assert await ordered(provider, dashboard, iat=int(time()) + 30, **named) == 200

    seen = await come_back(visitor, query)

    assert (seen.status, "has ended your session meanwhile" in seen.text) == (401, True)
    assert not await is_signed_in(visitor)


async def test_after_a_logout_a_person_can_sign_in_again(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider
) -> None:
    await sign_in(visitor, provider, session="s1")
    assert await ordered(provider, dashboard, sub="sub-of-olga", iat=int(time()) - 5) == 200
    assert await ordered(provider, dashboard, sid="s1") == 200
    assert (await sign_in(visitor, provider, session="s2")).path == "/ops/log"


async def test_a_logout_counts_once(dashboard: str, visitor: Visitor, provider: OpenIdProvider) -> None:
    token = provider.token(provider.logout_claims(sub="sub-of-olga", iat=int(time()) - 5), typ=TYPE)
    assert await provider.log_out(dashboard, token) == 200
    await sign_in(visitor, provider)
    assert await provider.log_out(dashboard, token) == 400
    assert await is_signed_in(visitor)


WRONG: Final[dict[str, dict[str, Any]]] = {
    "another issuer": {"iss": "https://elsewhere.example"},
    "another audience": {"aud": "another"},
    "nobody": {"sid": None},
    "an empty session": {"sid": ""},
    "a session that is a number": {"sid": 5},
    "a subject that is a list": {"sub": ["sub-of-olga"]},
    "a nonce": {"nonce": "x"},
    "a nonce of null": {"nonce": {}},
    "no events": {"events": None},
    "other events": {"events": {"http://schemas.openid.net/event/other": {}}},
    "events as a list": {"events": [LOGOUT_EVENT]},
    "an event that is a text": {"events": {LOGOUT_EVENT: "yes"}},
    "no id": {"jti": None},
    "an empty id": {"jti": ""},
    "an id that is a number": {"jti": 7},
    "no time": {"iat": None},
    "an old one": {"iat": int(time()) - 3_600, "exp": None},
    "one of tomorrow": {"iat": int(time()) + 86_400},
    "a time that is none": {"iat": "now"},
    "a time beyond every calendar": {"iat": 10**30},
    "an expired one": {"exp": int(time()) - 5},
}


async def test_a_token_that_is_not_a_whole_logout_ends_nothing(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider
) -> None:
    await sign_in(visitor, provider, session="s1")
    wrong = []
    with capture_logs() as logged:
        for what, changes in WRONG.items():
            if (status := await ordered(provider, dashboard, **({"sid": "s1"} | changes))) != 400:
                wrong.append(f"{what}: {status}")
        for what, sign in WRONG_SIGNATURES.items():
            if what == "a logout token":
                continue
            token = str(sign(provider.logout_claims(sid="s1")) or "")
            if (status := await provider.log_out(dashboard, token)) not in (400, 413):
                wrong.append(f"{what}: {status}")
        id_token = provider.token({"iss": provider.issuer, "aud": CLIENT_ID, "sid": "s1", "nonce": "n"})
        if (status := await provider.log_out(dashboard, id_token)) != 400:
            wrong.append(f"an ID token: {status}")
        another_type = provider.token(provider.logout_claims(sid="s1"), typ="at+jwt")
        if (status := await provider.log_out(dashboard, another_type)) != 400:
            wrong.append(f"another type: {status}")
    assert wrong == []
    assert await is_signed_in(visitor)
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]


@given(changes=st.dictionaries(st.sampled_from(["iss", "aud", "iat", "exp", "jti", "events", "sid", "sub"]), ANY_JSON))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_logout_is_taken_or_refused(
    dashboard: str, provider: OpenIdProvider, changes: dict[str, Any]
) -> None:
    claims = provider.logout_claims(sid="s9") | changes
    with capture_logs() as logged:
        assert await provider.log_out(dashboard, _signed(provider, claims)) in (200, 400)
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]


def _signed(provider: OpenIdProvider, claims: dict[str, Any]) -> str:
    return raw_signed({"alg": "RS256", "kid": f"key-{provider.key}"}, claims, rsa_key(provider.key))


async def test_other_requests_there_are_refused(dashboard: str, visitor: Visitor) -> None:
    address = f"{dashboard}/ops/sign-in/back-channel-logout"
    async with aiohttp.ClientSession() as http:
        for sent in ({"json": {"logout_token": "x"}}, {"data": b""}, {"data": {"token": "x"}}):
            async with http.post(address, **sent) as refused:
                assert refused.status in (400, 415)
    assert (await visitor.get("/ops/sign-in/back-channel-logout")).status in (404, 405)


async def test_while_the_keys_are_away_the_provider_is_told_to_come_back(
    dashboard: str, visitor: Visitor, provider: OpenIdProvider
) -> None:
    provider.instead["keys"] = Instead(500)
    assert await ordered(provider, dashboard, sid="s1") == 503
    del provider.instead["keys"]
    assert await ordered(provider, dashboard, sid="s1") == 200


async def test_the_limits_count_what_is_refused_only(
    database: Database, database_url: str, provider: OpenIdProvider
) -> None:
    limits: dict[str, Any] = {"address_rate_limit": Rate(1, "h"), "rate_burst": 3}
    async with a_dashboard(database_url, provider, **limits) as url:
        for number in range(6):
            assert await ordered(provider, url, sid=f"s{number}") == 200
        answers = [await provider.log_out(url, "x") for _ in range(5)]
        assert answers == [400, 400, 400, 429, 429]
        assert await ordered(provider, url, sid="s7") == 200


async def test_an_operator_who_signs_out_signs_out_at_the_provider_too(
    visitor: Visitor, provider: OpenIdProvider, dashboard: str
) -> None:
    await sign_in(visitor, provider)
    seen = await visitor.submit("/ops/sign-out")

    assert seen.status == 200
    address = URL(seen.headers["Refresh"].partition("url=")[2])
    assert str(address.with_query(None)) == f"{provider.issuer}/logout"
    assert address.query["post_logout_redirect_uri"] == f"{dashboard}/ops/sign-in"
    async with visitor.session.get(address) as back:
        assert (str(back.url), back.status) == (f"{dashboard}/ops/sign-in", 200)
    assert not await is_signed_in(visitor)


@pytest.mark.parametrize("away", [False, True])
async def test_without_an_address_for_that_an_operator_signs_out_here(
    database: Database, database_url: str, provider: OpenIdProvider, away: bool
) -> None:
    provider.described = {"end_session_endpoint": None}
    async with a_dashboard(database_url, provider) as url, Visitor.at(url) as visitor:
        await sign_in(visitor, provider)
        cookies = list(visitor.session.cookie_jar)
        async with a_dashboard(database_url, provider) as restarted, Visitor.at(restarted) as later:
            later.session.cookie_jar.update_cookies({each.key: each.value for each in cookies})
            if away:
                provider.instead["discovery"] = Instead(500)
            assert (await later.submit("/ops/sign-out")).path == "/ops/sign-in"
        assert not await is_signed_in(visitor)


async def test_who_signed_in_by_token_signs_out_here_alone(visitor: Visitor, provider: OpenIdProvider) -> None:
    await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops")})
    assert (await visitor.submit("/ops/sign-out")).path == "/ops/sign-in"
    assert provider.asked == []
