"""What every answer bears, and whom a page of another origin may ask."""

import re
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from api_service.settings import ApiSettings
from shared.process.security_headers import HEADERS
from tests.integration.security.conftest import Serve
from tests.support.client import Answer, Client, a_wish
from tests.support.tokens import SECRET, a_token
from tests.support.visitor import Visitor

PATH = "/api/client/appointments"
APP = "https://app.clinic.example"
CORS = re.compile("^(access-control-|vary)", re.IGNORECASE)


def a_client(url: str) -> Client:
    return Client(url, a_token("client-1", "client", email="c@patients.example"))


async def test_every_answer_bears_the_security_headers_and_an_id(serve: Serve) -> None:
    async with serve() as url:
        client, nobody = a_client(url), Client(url, None)
        answers = [
            await client("POST", PATH, a_wish()),
            await client("POST", PATH, b"{"),
            await client("GET", "/no/such/page"),
            await client("PUT", PATH, {}),
            await client("GET", "/api/ops/jobs"),
            await nobody("GET", PATH),
            await nobody("GET", "/livez"),
            await nobody("GET", "/metrics"),
        ]
        assert [answer.status for answer in answers] == [200, 400, 404, 405, 403, 401, 200, 200]
        for answer in answers:
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
            assert answer.headers["Server"] == "punctual"
            assert answer.headers["X-Request-Id"]
            assert "Strict-Transport-Security" not in answer.headers
            assert not any(CORS.match(name) for name in answer.headers)


async def test_https_is_insisted_on_only_where_a_trusted_proxy_says_https(serve: Serve) -> None:
    async def told(proto: str, **settings: Any) -> bool:
        async with serve(**settings) as url:
            answer = await Client(url, None)("GET", "/livez", headers={"X-Forwarded-Proto": proto})
            return "Strict-Transport-Security" in answer.headers

    assert not await told("https")
    assert not await told("https", trusted_proxies=("10.0.0.0/8",))
    assert await told("https", trusted_proxies=("127.0.0.1/32",))
    assert not await told("https, http", trusted_proxies=("127.0.0.1/32",))


async def test_a_cookie_is_one_of_https_only_where_a_trusted_proxy_says_https(serve: Serve) -> None:
    """The dashboard's and the stream's."""

    async def cookies(**settings: Any) -> list[bool]:
        async with serve(**settings) as url, Visitor.at(url) as visitor:
            https = {"X-Forwarded-Proto": "https"}
            form = {"token": a_token("operator", "ops")}
            signed_in = await visitor.post("/ops/sign-in", form, headers=https | {"Origin": url}, follow=False)
            client = Client(url, a_token("client-1", "client", email="c@patients.example"))
            stream = await client("POST", "/api/client/notifications/stream/session", headers=https)
            return ["Secure" in answer.headers["Set-Cookie"] for answer in (signed_in, stream)]

    assert await cookies() == [False, False]
    assert await cookies(trusted_proxies=("10.0.0.0/8",)) == [False, False]
    assert await cookies(trusted_proxies=("127.0.0.1/32",)) == [True, True]


async def test_a_request_id_that_is_long_or_odd_is_replaced_and_a_plain_one_kept(serve: Serve) -> None:
    odd = ["", "x" * 65, "a b", "a;b", 'a"b', "<script>", "%0d%0a", "é", "${jndi:ldap://x}", "x" * 8_000]
    async with serve() as url:
        for given in odd:
            answer = await Client(url, None)("GET", "/livez", headers={"X-Request-Id": given})
            assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"]), given
        answer = await Client(url, None)("GET", "/livez", headers={"X-Request-Id": "Order-1.2_3"})
        assert answer.headers["X-Request-Id"] == "Order-1.2_3"


def preflight(url: str, origin: str, path: str = PATH) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    return Client(url, None)("OPTIONS", path, headers=asked)


def says_nothing(answer: Answer) -> bool:
    return not any(name.lower().startswith("access-control-") for name in answer.headers)


async def test_another_origin_may_not_ask_unless_it_is_named(serve: Serve) -> None:
    async with serve() as url:
        answer = await preflight(url, APP)
        assert (answer.status, says_nothing(answer)) == (405, True)
        assert says_nothing(await a_client(url)("GET", PATH, headers={"Origin": APP}))


async def test_an_origin_that_is_named_may_ask_and_read(serve: Serve) -> None:
    async with serve(cors_origins=(APP,)) as url:
        answer = await preflight(url, APP)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, APP)
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        for body, status in ((a_wish(), 200), (b"{", 400)):
            told = await a_client(url)("POST", PATH, body, headers={"Origin": APP})
            assert (told.status, told.headers["Access-Control-Allow-Origin"]) == (status, APP)
            assert "Origin" in told.headers["Vary"]
            assert "Location" in told.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in told.headers


async def test_an_origin_that_only_looks_like_it_may_not(serve: Serve) -> None:
    others = ["null", "*", APP + ".evil.example", "http://app.clinic.example", "https://APP.clinic.example/", ""]
    async with serve(cors_origins=(APP,)) as url:
        for origin in others:
            answer = await preflight(url, origin)
            assert (answer.status, says_nothing(answer)) == (405, True), origin
            told = await a_client(url)("GET", PATH, headers={"Origin": origin})
            assert says_nothing(told), origin
            assert "Origin" in told.headers["Vary"]


async def test_cookies_go_with_the_stream_only_and_operators_calls_are_for_no_other_origin(serve: Serve) -> None:
    async with serve(cors_origins=(APP,)) as url:
        stream = await preflight(url, APP, "/api/client/notifications/stream")
        assert stream.headers["Access-Control-Allow-Credentials"] == "true"
        for path in ("/api/ops/jobs", "/ops", "/metrics"):
            assert says_nothing(await preflight(url, APP, path))


@pytest.mark.parametrize(
    "origins", ["*", "app.clinic.example", "https://app.clinic.example/", "null", "ftp://a.example"]
)
def test_what_no_browser_sends_as_an_origin_stops_the_start(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", origins)
    with pytest.raises(ValidationError, match="cors_origins"):
        ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
