"""The cookie that opens a stream for a browser's EventSource, which can send no header."""

from http.cookies import Morsel, SimpleCookie
from typing import Any

import aiohttp
import pytest

from shared.database import Database
from tests.integration.stream.conftest import LIFETIMES, Serve, Teller, a_token
from tests.support import tokens
from tests.support.events import PATH, bearer, listening
from tests.support.waiting import eventually

HTTPS = {"X-Forwarded-Proto": "https"}


async def a_cookie(url: str, token: str, **headers: str) -> "Morsel[str]":
    """What POST …/session sets."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(url + PATH + "/session", headers={**bearer(token), **headers}) as answer,
    ):
        assert (answer.status, await answer.text()) == (204, "")
        assert answer.headers["Cache-Control"] == "no-store"
        assert token not in str(answer.headers)
        [morsel] = SimpleCookie(answer.headers["Set-Cookie"]).values()
        return morsel


async def opens(url: str, cookies: dict[str, str], **headers: str) -> int:
    async with listening(url, headers, cookies=cookies) as stream:
        return stream.answer.status


async def test_a_session_cookie_opens_the_stream_of_its_client_and_nothing_else(serve: Serve, teller: Teller) -> None:
    async with serve() as url:
        cookie = await a_cookie(url, a_token())
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (PATH, True, "Strict")
        assert 3_500 < int(cookie["max-age"]) <= 3_600
        jar = {cookie.key: cookie.value}
        async with listening(url, {}, cookies=jar) as stream:
            await teller.tell("theirs", client="other")
            await teller.tell("mine")
            await stream.heard("mine")
        async with aiohttp.ClientSession(cookies=jar) as http:
            for path in ("", "/unread-count"):
                async with http.get(f"{url}/api/client/notifications{path}") as answer:
                    assert answer.status == 401


async def test_over_https_the_cookie_is_secure_and_an_insecure_one_does_not_count(serve: Serve, teller: Teller) -> None:
    async with serve() as url:
        untrusted = await a_cookie(url, a_token(), **HTTPS)
        assert untrusted.key == "punctual_stream"
    async with serve(trusted_proxies=("127.0.0.0/8",)) as url:
        plain, secure = await a_cookie(url, a_token()), await a_cookie(url, a_token(), **HTTPS)
        assert (plain.key, plain["secure"]) == ("punctual_stream", "")
        assert (secure.key, secure["secure"]) == ("__Secure-punctual_stream", True)
        assert await opens(url, {secure.key: secure.value}, **HTTPS) == 200
        assert await opens(url, {plain.key: plain.value}, **HTTPS) == 401


async def test_a_cookie_ends_with_its_token_and_so_does_its_stream(serve: Serve, teller: Teller) -> None:
    async with serve(stream_interval=60.0) as url:
        for lifetime in LIFETIMES:
            cookie = await a_cookie(url, a_token(lifetime=lifetime))
            assert int(cookie["max-age"]) <= lifetime
            jar = {cookie.key: cookie.value}
            async with listening(url, {}, cookies=jar) as stream:
                if stream.answer.status == 200:
                    await eventually(lambda: stream.ended)
                    break
        assert stream.farewell == "expired"
        assert await opens(url, jar) == 401


async def test_signing_out_ends_the_session_that_the_client_has(serve: Serve, teller: Teller) -> None:
    async with serve() as url:
        cookie = await a_cookie(url, a_token())
        jar = {cookie.key: cookie.value}
        for subject, then in (("other", 200), ("c", 401)):
            async with (
                aiohttp.ClientSession(cookies=jar) as http,
                http.delete(url + PATH + "/session", headers=bearer(a_token(subject))) as answer,
            ):
                assert answer.status == 204
                assert "Max-Age=0" in answer.headers["Set-Cookie"]
            assert await opens(url, jar) == then


@pytest.mark.parametrize("value", ["", "x", "x" * 4_000, "é"])
async def test_a_cookie_that_stands_for_nothing_is_no_token(serve: Serve, teller: Teller, value: str) -> None:
    async with serve() as url:
        assert await opens(url, {"punctual_stream": value}) == 401


async def test_a_token_in_the_header_outranks_a_cookie(serve: Serve, teller: Teller) -> None:
    async with serve() as url:
        cookie = await a_cookie(url, a_token())
        jar = {cookie.key: cookie.value}
        async with listening(url, bearer(a_token("other")), cookies=jar) as stream:
            await teller.tell("mine")
            await teller.tell("theirs", client="other")
            await stream.heard("theirs")
        operator = tokens.a_token("c", "ops")
        assert await opens(url, jar, **bearer(operator)) == 403
        assert await opens(url, jar, Authorization="Bearer nonsense") == 401


async def test_the_table_holds_no_cookie_and_expired_sessions_go(
    serve: Serve, teller: Teller, database: Database
) -> None:
    async with serve() as url:
        cookie = await a_cookie(url, a_token())
        [row] = await database.fetch("SELECT * FROM stream_sessions")
        assert cookie.value not in str(dict(row))
        await database.execute("UPDATE stream_sessions SET expires_at = now()")
        await a_cookie(url, a_token())
        await a_cookie(url, a_token())
        rows: list[Any] = await database.fetch("SELECT * FROM stream_sessions")
        assert len(rows) == 2
