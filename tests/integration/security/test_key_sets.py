"""Published keys: they rotate, their server may be slow or away, and nobody can make us ask it often."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError

from api_service.identity.published import AT_ONCE, COOLDOWN, LIFETIME, STALE, PublishedDocument
from api_service.identity.signing_keys import KeysUnavailable, PublishedKeys
from api_service.settings import ApiSettings
from deploy.local.ports import free_port
from tests.integration.security.conftest import Serve
from tests.support.client import Client
from tests.support.keys import KeyServer, a_key_server, a_signed_token, ec_key, jwk, rsa_key
from tests.support.waiting import eventually

PATH = "/api/client/appointments"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with a_key_server(jwk(rsa_key(), "one")) as running:
        yield running


def token(kid: str | None, key: Any = None, algorithm: str = "RS256") -> str:
    return a_signed_token(key or rsa_key(), algorithm, {} if kid is None else {"kid": kid})


async def status(url: str, bearer: str) -> int:
    return (await Client(url, bearer)("GET", PATH)).status


async def test_both_kinds_of_keys_are_found_by_their_id(serve: Serve, server: KeyServer) -> None:
    server.keys.append(jwk(ec_key(), "two"))
    async with serve(jwt_jwks_url=server.url) as url:
        assert await status(url, token("one")) == 200
        assert await status(url, token("two", ec_key(), "ES256")) == 200
        assert await status(url, token("one", rsa_key(1))) == 401
        assert await status(url, token("two")) == 401
        assert await status(url, token(None)) == 401
        assert await status(url, "nonsense") == 401
    assert server.reads == 1


async def test_a_new_key_is_fetched_and_the_old_one_dropped(server: KeyServer) -> None:
    """At its first token, though the set was read a moment ago."""
    keys = PublishedKeys(server.url, clock=Clock())
    assert await keys.of(token("one"))
    server.keys = [jwk(rsa_key(1), "two")]
    assert await keys.of(token("two", rsa_key(1)))
    assert await keys.of(token("one")) is None
    await keys.close()


async def test_a_withdrawn_key_is_dropped_when_the_set_is_old(server: KeyServer) -> None:
    clock = Clock()
    keys = PublishedKeys(server.url, clock=clock)
    assert await keys.of(token("one"))
    server.keys = [jwk(rsa_key(1), "two")]
    clock.now += LIFETIME + 1

    async def dropped() -> bool:
        return await keys.of(token("one")) is None

    await eventually(dropped)
    await keys.close()


async def test_unknown_ids_do_not_make_us_ask_for_each(
    serve: Serve, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that come while the set is read wait for that one read."""
    waiting = 0

    async def counted(asked: PublishedDocument[Any]) -> Any:
        nonlocal waiting
        waiting += 1
        return await newest(asked)

    newest = PublishedDocument.newest
    monkeypatch.setattr(PublishedDocument, "newest", counted)
    server.answers.clear()
    async with serve(jwt_jwks_url=server.url) as url:
        asking = [asyncio.create_task(status(url, token(f"made up {n}"))) for n in range(50)]
        await eventually(lambda: waiting == 50)
        server.answers.set()
        assert await asyncio.gather(*asking) == [401] * 50
    assert server.reads == 1


async def test_unknown_ids_one_after_the_other_make_us_ask_a_few_times_at_most(server: KeyServer) -> None:
    clock = Clock()
    keys = PublishedKeys(server.url, clock=clock)
    for n in range(20):
        assert await keys.of(token(f"made up {n}")) is None
    assert server.reads == AT_ONCE
    clock.now += COOLDOWN
    for n in range(20):
        assert await keys.of(token(f"made up {n}")) is None
    assert server.reads == AT_ONCE + 1
    await keys.close()


async def test_while_the_server_is_away_known_keys_go_on_and_others_are_told_to_come_back(server: KeyServer) -> None:
    clock = Clock()
    keys = PublishedKeys(server.url, clock=clock)
    assert await keys.of(token("one"))
    server.status = 500
    clock.now += LIFETIME + 1
    assert await keys.of(token("one"))
    with pytest.raises(KeysUnavailable):
        await keys.of(token("two"))
    clock.now += STALE
    with pytest.raises(KeysUnavailable):
        await keys.of(token("one"))
    server.status = 200
    clock.now += COOLDOWN
    assert await keys.of(token("one"))
    await keys.close()


async def test_without_keys_the_answer_is_503_and_says_when_to_come_back(serve: Serve) -> None:
    async with serve(jwt_jwks_url=f"http://127.0.0.1:{free_port()}/keys") as url:
        answer = await Client(url, token("one"))("GET", PATH)
        assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
        assert "127.0.0.1" not in str(answer.body)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"not json"},
        {"body": b"[]"},
        {"body": b'{"keys": 5}'},
        {"body": b'{"keys": []}'},
        {"body": b'{"keys": [{"kty": "oct", "kid": "one", "k": "AAAA"}]}'},
        {"body": b'{"keys": "' + b"x" * 600_000 + b'"}'},
        {"keys": [jwk(rsa_key(), "one", use="enc")]},
        {"keys": [jwk(rsa_key(0, 1024), "one")]},
        {"keys": [jwk(rsa_key(), "one", alg="RS512")]},
        {"status": 302},
        {"status": 404},
    ],
    ids=lambda changes: str(changes)[:40],
)
async def test_a_set_without_a_usable_key_is_no_set(server: KeyServer, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(server, name, value)
    keys = PublishedKeys(server.url)
    with pytest.raises(KeysUnavailable):
        await keys.of(token("one"))
    await keys.close()


async def test_a_slow_server_holds_up_nobody_but_those_who_need_it(serve: Serve, server: KeyServer) -> None:
    async with serve(jwt_jwks_url=server.url) as url:
        server.answers.clear()
        waiting = [asyncio.create_task(status(url, token("one"))) for _ in range(40)]
        await eventually(lambda: server.reads)
        assert (await Client(url, None)("GET", "/readyz")).status == 200
        assert await status(url, "nonsense") == 401
        assert not any(task.done() for task in waiting)
        server.answers.set()
        assert await asyncio.gather(*waiting) == [200] * 40
    assert server.reads == 1


async def test_a_request_that_is_given_up_takes_the_read_from_nobody(server: KeyServer) -> None:
    keys = PublishedKeys(server.url)
    server.answers.clear()
    first, second = (asyncio.create_task(keys.of(token("one"))) for _ in range(2))
    await eventually(lambda: server.reads)
    first.cancel()
    server.answers.set()
    assert await second
    await keys.close()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://id.example/keys", "keys", "//id.example", "http://"])
def test_another_scheme_stops_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="jwt_jwks_url"):
        ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_jwks_url=url)


async def test_a_token_without_three_parts_is_refused_without_a_read(server: KeyServer) -> None:
    keys = PublishedKeys(server.url)
    with pytest.raises(jwt.PyJWTError):
        await keys.of("a.b")
    assert server.reads == 0
