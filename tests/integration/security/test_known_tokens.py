"""A token that was verified is remembered, and believed no longer or further than one that is verified each time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from api_service import resources
from api_service.identity.bearer import Authenticator, Identity
from api_service.identity.known_tokens import LONGEST, KnownTokens
from api_service.identity.published import LIFETIME, STALE
from api_service.identity.signing_keys import Key, PublishedKeys
from api_service.settings import ApiSettings
from api_service.web.problems import Problem
from tests.support.keys import KeyServer, a_key_server, a_signed_token, jwk, pem, rsa_key
from tests.support.tokens import SECRET
from tests.support.waiting import eventually


@dataclass
class Clock:
    """`seconds` for what measures spans, `moment` for what reads the calendar."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def moment(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with a_key_server(jwk(rsa_key(), "one")) as running:
        yield running


def authenticator(clock: Clock, **source: Any) -> Authenticator:
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), **source)
    made = resources.authenticator(settings)
    made._known = KnownTokens(now=clock.moment)
    if isinstance(made._keys, PublishedKeys):
        made._keys._set._clock = clock
    return made


async def status(asked: Authenticator, token: str) -> int:
    try:
        await asked.identify(f"Bearer {token}")
    except Problem as problem:
        return problem.status
    return 200


class Verifications:
    """Counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        decode = jwt.decode

        def counted(*values: Any, **options: Any) -> Any:
            self.count += 1
            return decode(*values, **options)

        monkeypatch.setattr(jwt, "decode", counted)


async def test_a_token_is_verified_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    verifications = Verifications(monkeypatch)
    asked = authenticator(clock, jwt_public_key=pem(rsa_key()))
    tokens = [a_signed_token(rsa_key(), "RS256", sub=f"client-{n}") for n in range(3)]
    for token in tokens * 3:
        assert await status(asked, token) == 200
    assert verifications.count == 3
    found = [await asked.identify(f"bearer  {token} ") for token in tokens]
    assert [each.subject for each in found] == ["client-0", "client-1", "client-2"]
    assert verifications.count == 3


async def test_one_that_expires_while_it_is_known_is_refused_from_that_second(clock: Clock) -> None:
    asked = authenticator(clock, jwt_secret=SecretStr(SECRET))
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    token = a_signed_token(SECRET, "HS256", exp=expires_at)
    assert await status(asked, token) == 200
    known = asked._known.get(token)
    assert known is not None
    asked._known._now = lambda: expires_at.replace(microsecond=0) - timedelta(microseconds=1)
    assert asked._known.get(token) is known
    asked._known._now = lambda: expires_at.replace(microsecond=0)
    assert asked._known.get(token) is None
    assert not len(asked._known), "and it is verified anew, which finds that it has expired"


async def test_no_other_token_is_taken_for_one_that_is_known(clock: Clock) -> None:
    asked = authenticator(clock, jwt_secret=SecretStr(SECRET))
    token = a_signed_token(SECRET, "HS256")
    assert await status(asked, token) == 200
    head, payload, signature = token.split(".")
    _, operators, _ = a_signed_token("x" * 32, "HS256", roles=["ops"]).split(".")
    last = signature[:-1] + ("A" if signature[-1] != "A" else "Q")
    others = [
        *(f"{head}.{operators}.{signature}", f"{head}.{payload}.", f"{head}.{payload}", f"{head}.{payload}.{last}"),
        *(token[:-1], token + "A", token + ".", token.upper(), f"x{token}", f"{head}.{payload}A.{signature}"),
    ]
    for other in others:
        assert await status(asked, other) == 401, other
    assert len(asked._known) == 1


async def test_what_is_refused_is_not_remembered(clock: Clock) -> None:
    asked = authenticator(clock, jwt_secret=SecretStr(SECRET))
    for token in (a_signed_token("x" * 32, "HS256"), a_signed_token(SECRET, "HS256", sub=None), "nonsense"):
        assert await status(asked, token) == 401
    assert not len(asked._known)


async def test_a_known_token_of_a_key_that_was_withdrawn_is_refused(clock: Clock, server: KeyServer) -> None:
    asked = authenticator(clock, jwt_jwks_url=server.url)
    token = a_signed_token(rsa_key(), "RS256", {"kid": "one"})
    assert await status(asked, token) == 200
    server.keys = [jwk(rsa_key(1), "two")]
    clock.seconds += LIFETIME + 1

    async def refused() -> bool:
        return await status(asked, token) == 401

    await eventually(refused)
    await asked.close()


async def test_a_known_token_is_verified_by_the_key_that_has_taken_the_old_ones_id(
    clock: Clock, server: KeyServer
) -> None:
    asked = authenticator(clock, jwt_jwks_url=server.url)
    old, new = (a_signed_token(key, "RS256", {"kid": "one"}) for key in (rsa_key(), rsa_key(1)))
    assert (await status(asked, old), await status(asked, new)) == (200, 401)
    server.keys = [jwk(rsa_key(1), "one")]
    clock.seconds += LIFETIME + 1

    async def refused() -> bool:
        return await status(asked, old) == 401

    await eventually(refused)
    assert await status(asked, new) == 200
    await asked.close()


async def test_while_the_keys_are_away_a_known_token_is_believed_no_longer_than_they_are(
    clock: Clock, server: KeyServer
) -> None:
    asked = authenticator(clock, jwt_jwks_url=server.url)
    token = a_signed_token(rsa_key(), "RS256", {"kid": "one"}, exp=datetime.now(UTC) + timedelta(days=1))
    assert await status(asked, token) == 200
    server.status = 500
    clock.seconds += LIFETIME + 1
    assert await status(asked, token) == 200
    clock.seconds += STALE
    assert await status(asked, token) == 503
    await asked.close()


def test_the_one_that_was_not_used_for_longest_is_forgotten_first() -> None:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    someone = Identity("client-1", frozenset(), None, None, in_an_hour)
    known, key = KnownTokens[Identity](most=2), Key("key", "HS256")
    for token in ("a", "b"):
        known.add(token, someone, key)
    assert known.get("a")
    known.add("c", someone, key)
    assert [bool(known.get(token)) for token in "abc"] == [True, False, True]
    known.add("d" * (LONGEST + 1), someone, key)
    assert len(known) == 2
