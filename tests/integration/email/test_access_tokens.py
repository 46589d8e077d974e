"""Access tokens come from a real endpoint, are renewed ahead of their end, and every answer of it has its meaning."""

import asyncio
from typing import Any

import orjson
import pytest

from deploy.local.ports import free_port
from notifier_service.channels.email.smtp.access_tokens import (
    AHEAD,
    AccessTokens,
    Grant,
    TokenRefused,
    TokenUnavailable,
)
from tests.support.token_endpoint import a_token_endpoint


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def token(name: str, lifetime: object = 3600) -> tuple[int, Any]:
    return 200, {"access_token": name, "token_type": "Bearer", "expires_in": lifetime}


def grant(url: str, **more: str) -> Grant:
    return Grant(url, "client", "secret", "https://outlook.office365.com/.default", **more)


async def test_a_token_is_asked_for_once_and_renewed_ahead_of_its_end() -> None:
    clock = Clock()
    async with a_token_endpoint(token("one"), token("two")) as endpoint:
        tokens = AccessTokens(grant(endpoint.url), clock=clock)
        assert set(await asyncio.gather(*(tokens.current() for _ in range(20)))) == {"one"}
        clock.now += 3600 - AHEAD - 1
        assert await tokens.current() == "one"
        clock.now += 2
        assert await tokens.current() == "two"
        assert len(endpoint.asked) == 2
    assert endpoint.asked[0] == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "secret",
        "scope": "https://outlook.office365.com/.default",
    }


async def test_with_a_refresh_token_that_grant_is_used() -> None:
    async with a_token_endpoint(token("one")) as endpoint:
        await AccessTokens(grant(endpoint.url, refresh_token="long-lived")).current()
    assert (endpoint.asked[0]["grant_type"], endpoint.asked[0]["refresh_token"]) == ("refresh_token", "long-lived")


async def test_a_refused_token_is_not_used_again() -> None:
    async with a_token_endpoint(token("one"), token("two")) as endpoint:
        tokens = AccessTokens(grant(endpoint.url))
        await tokens.current()
        tokens.forget()
        assert await tokens.current() == "two"


async def test_while_the_endpoint_is_away_a_token_serves_until_its_end() -> None:
    clock = Clock()
    async with a_token_endpoint(token("one"), (503, {})) as endpoint:
        tokens = AccessTokens(grant(endpoint.url), clock=clock)
        await tokens.current()
        clock.now += 3600 - AHEAD + 1
        assert await tokens.current() == "one"
        clock.now += AHEAD
        with pytest.raises(TokenUnavailable):
            await tokens.current()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"error": "invalid_grant"}), TokenRefused),
        ((401, {"error": "invalid_client"}), TokenRefused),
        ((403, b"<html>"), TokenRefused),
        ((400, {"error": ["x"]}), TokenRefused),
        ((400, {"error": "x\r\ny"}), TokenRefused),
        ((302, {}), TokenUnavailable),
        ((404, {}), TokenUnavailable),
        ((429, {}), TokenUnavailable),
        ((500, b"\xff"), TokenUnavailable),
        ((200, {}), TokenUnavailable),
        ((200, []), TokenUnavailable),
        ((200, b""), TokenUnavailable),
        ((200, b"\xff\x00" * 50_000), TokenUnavailable),
        ((200, {"access_token": 7}), TokenUnavailable),
        ((200, {"access_token": ""}), TokenUnavailable),
        ((200, {"access_token": "a\r\nb"}), TokenUnavailable),
        ((200, {"access_token": "ü"}), TokenUnavailable),
    ],
)
async def test_every_answer_has_its_meaning_and_no_secret_is_repeated(
    answer: tuple[int, Any], error: type[Exception]
) -> None:
    async with a_token_endpoint(answer) as endpoint:
        with pytest.raises(error) as raised:
            await AccessTokens(grant(endpoint.url)).current()
    assert "secret" not in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("lifetime", [3600, "3600", 59.5, 0, -1, None, [], "soon", 10**30, "nan", "inf"])
async def test_a_lifetime_may_be_said_in_any_way(lifetime: object) -> None:
    async with a_token_endpoint(token("one", lifetime)) as endpoint:
        tokens = AccessTokens(grant(endpoint.url))
        assert [await tokens.current(), await tokens.current()] == ["one", "one"]
        assert len(endpoint.asked) == 1


@pytest.mark.parametrize("size", [1, 7, 1400])
async def test_an_answer_may_come_in_pieces(size: int) -> None:
    """As all that are longer than a network packet do."""
    body = orjson.dumps({"access_token": "t" * (4000 if size > 7 else 10), "expires_in": 3600})
    pieces = tuple(body[start : start + size] for start in range(0, len(body), size))
    async with a_token_endpoint((200, pieces)) as endpoint:
        assert set(await AccessTokens(grant(endpoint.url)).current()) == {"t"}


async def test_an_endpoint_that_is_not_there_is_away() -> None:
    with pytest.raises(TokenUnavailable):
        await AccessTokens(grant(f"http://127.0.0.1:{free_port()}/token")).current()
