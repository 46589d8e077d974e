"""Which tokens are believed (RFC 8725): docs/security.md goes through its list."""

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr, ValidationError

from api_service.identity.bearer import NBF_LEEWAY
from api_service.settings import ApiSettings
from tests.integration.security.conftest import Serve
from tests.support.client import Answer, Client, a_wish
from tests.support.keys import a_signed_token, ec_key, pem, raw_token, rsa_key
from tests.support.tokens import SECRET

PATH = "/api/client/appointments"
NOW = datetime.now(UTC)
CLAIMS = {"sub": "client-1", "roles": ["client"], "exp": 4102444800}


async def asked(url: str, token: str) -> Answer:
    return await Client(url, token)("GET", PATH)


def is_refused(answer: Answer) -> bool:
    assert answer.status == 401, answer.body
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    return True


def hs256(payload: bytes, header: Any = None, secret: str = SECRET) -> str:
    """Signed by us, whatever it says: not even jwt.encode would write some of these."""
    unsigned = raw_token({"alg": "HS256", "typ": "JWT"} if header is None else header, payload).rpartition(".")[0]
    signature = hmac.digest(secret.encode(), unsigned.encode(), hashlib.sha256)
    return unsigned + "." + raw_token(b"", b"", signature).rpartition(".")[2]


def claims(**changes: Any) -> bytes:
    return orjson.dumps({name: value for name, value in (CLAIMS | changes).items() if value is not None})


def with_exp(literal: bytes) -> bytes:
    return b'{"sub":"client-1","roles":["client"],"exp":' + literal + b"}"


SIGNED_BY_US = {
    "no exp": claims(exp=None),
    "exp is text": claims(exp="tomorrow"),
    "exp is a number in text": claims(exp="4102444800"),
    "exp is a list": claims(exp=[1]),
    "exp is true": with_exp(b"true"),
    "exp is 0": claims(exp=0),
    "exp is negative": claims(exp=-1),
    "exp is beyond every calendar": claims(exp=10**18),
    "exp is 1e300": with_exp(b"1e300"),
    "exp is infinite": with_exp(b"Infinity"),
    "exp is no number": with_exp(b"NaN"),
    "expired a second ago": claims(exp=int(NOW.timestamp()) - 1),
    "not valid yet": claims(nbf=int(NOW.timestamp()) + 86_400),
    "nbf is no number": b'{"sub":"c","roles":["client"],"exp":4102444800,"nbf":NaN}',
    "nbf is text": claims(nbf="x"),
    "nbf is infinite": b'{"sub":"c","roles":["client"],"exp":4102444800,"nbf":Infinity}',
    "no sub": claims(sub=None),
    "sub is a number": claims(sub=5),
    "sub is too long": claims(sub="x" * 201),
    "sub has a NUL": claims(sub="a\x00b"),
    "sub is a lone surrogate": rb'{"sub":"\ud800","roles":["client"],"exp":4102444800}',
    "roles is an object": claims(roles={"client": True}),
    "roles has numbers": claims(roles=["client", 1]),
    "aud of somebody else": claims(aud="another service"),
    "not an object": b"[]",
    "null": b"null",
    "not JSON": b"{",
    "not UTF-8": b"\xff",
    "deep": b"[" * 4_000,
    "empty": b"",
}


async def test_what_we_have_signed_and_is_not_sound_is_refused(serve: Serve) -> None:
    async with serve() as url:
        assert (await asked(url, hs256(claims()))).status == 200
        for what, payload in SIGNED_BY_US.items():
            assert is_refused(await asked(url, hs256(payload))), what


async def test_a_token_that_will_be_valid_in_a_moment_is_valid(serve: Serve) -> None:
    async with serve() as url:
        for nbf in (NOW.timestamp() + 2, int(time.time()) + NBF_LEEWAY - 1):
            assert (await asked(url, hs256(claims(nbf=nbf)))).status == 200
        assert is_refused(await asked(url, hs256(claims(nbf=int(time.time()) + NBF_LEEWAY + 60))))


async def test_a_token_has_one_spelling(serve: Serve) -> None:
    """32 bytes of a signature are 43 letters, whose last has two bits to spare: four letters mean the same."""
    token = hs256(claims())
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters.index(token[-1])
    others = [token[:-1] + letters[last ^ n] for n in (1, 2, 3)]
    head, payload, signature = token.split(".")
    others += [token + "=", token + "==", f"{head}=.{payload}.{signature}", f"{head}.{payload}=.{signature}"]
    others += [f"{head}.{payload}.{signature}.", f"{head}..{payload}.{signature}"]
    async with serve() as url:
        assert (await asked(url, token)).status == 200
        for other in others:
            assert is_refused(await asked(url, other)), other
        assert (await asked(url, token)).status == 200


HEADERS: dict[str, Any] = {
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg empty": {"alg": ""},
    "alg missing": {"typ": "JWT"},
    "alg is a number": {"alg": 5},
    "alg HS384": {"alg": "HS384"},
    "alg RS256": {"alg": "RS256"},
    "crit unknown": {"alg": "HS256", "crit": ["exp"], "exp": 1},
    "crit empty": {"alg": "HS256", "crit": []},
    "crit is text": {"alg": "HS256", "crit": "b64"},
    "b64 false": {"alg": "HS256", "b64": False, "crit": ["b64"]},
    "kid is a list": {"alg": "HS256", "kid": ["a"]},
    "kid is an object": {"alg": "HS256", "kid": {"a": 1}},
    "header is a list": [],
    "header is no JSON": b"{",
    "header is deep": b"[" * 4_000,
    "header is empty": b"",
}


async def test_what_a_header_asks_for_is_not_obeyed(serve: Serve) -> None:
    async with serve() as url:
        for what, header in HEADERS.items():
            assert is_refused(await asked(url, hs256(claims(), header))), what
        for kid in ("../../../../dev/null", "' OR 1=1 --", "\x00", "http://evil.example/key"):
            header = {"alg": "HS256", "kid": kid, "jku": "http://evil.example/", "x5u": "http://evil.example/"}
            assert (await asked(url, hs256(claims(), header))).status == 200, "a key id chooses no key of ours"
            assert is_refused(await asked(url, hs256(claims(), header, secret="")))
        header = {"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}
        assert is_refused(await asked(url, hs256(claims(), header, secret="\x00\x00\x00")))


@pytest.mark.parametrize(("key", "algorithm"), [(rsa_key(), "RS256"), (ec_key(), "ES256")], ids=["RSA", "P-256"])
async def test_a_public_key_verifies_by_its_own_algorithm_only(serve: Serve, key: Any, algorithm: str) -> None:
    async with serve(jwt_public_key=pem(key)) as url:
        assert (await asked(url, a_signed_token(key, algorithm))).status == 200
        others = [
            hs256(claims(), secret=pem(key)),  # the public key as an HMAC secret
            hs256(claims(), {"alg": algorithm}, secret=pem(key)),
            raw_token({"alg": "none"}, claims()),
            raw_token({"alg": algorithm}, claims()),
            a_signed_token(rsa_key(), "RS512" if algorithm == "RS256" else "RS256"),
            a_signed_token(rsa_key(), "PS256"),
            a_signed_token(rsa_key(1), "RS256"),
            a_signed_token(ec_key(ec.SECP384R1), "ES384"),
            a_signed_token(SECRET, "HS256"),
        ]
        for token in others:
            assert is_refused(await asked(url, token)), token


@pytest.mark.parametrize(
    "text",
    ["", "not a key", SECRET, pem(rsa_key(0, 1024)), pem(ec_key(ec.SECP384R1)), pem(rsa_key())[:-40]],
    ids=["empty", "text", "secret", "1024 bits", "P-384", "cut"],
)
def test_a_key_that_may_not_verify_stops_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="jwt_public_key"):
        ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_public_key=text)


async def test_issuer_and_audience_are_asked_for_where_they_are_set(serve: Serve) -> None:
    async with serve(jwt_secret=SecretStr(SECRET), jwt_issuer="https://id.example", jwt_audience="punctual") as url:
        good = {"iss": "https://id.example", "aud": "punctual"}
        assert (await asked(url, hs256(claims(**good)))).status == 200
        assert (await asked(url, hs256(claims(**good | {"aud": ["other", "punctual"]})))).status == 200
        wrong: list[dict[str, Any]] = [
            *({"iss": None}, {"iss": "https://evil.example"}, {"iss": ["https://id.example"]}, {"iss": 5}),
            *({"aud": None}, {"aud": "other"}, {"aud": []}, {"aud": 5}, {"aud": {"punctual": 1}}),
        ]
        for changes in wrong:
            assert is_refused(await asked(url, hs256(claims(**good | changes)))), changes


async def test_a_token_of_the_clock_that_runs_ahead_is_taken(serve: Serve) -> None:
    async with serve() as url:
        assert (await asked(url, hs256(claims(iat=int(NOW.timestamp()) + 120)))).status == 200


async def test_an_address_that_its_provider_calls_unverified_gets_no_mail(serve: Serve) -> None:
    async with serve() as url:
        for verified, status in ((False, 422), ("false", 422), (None, 200), (True, 200)):
            client = Client(url, hs256(claims(sub=f"c-{verified}", email="a@b.example", email_verified=verified)))
            assert (await client("POST", PATH, a_wish())).status == status


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: x", "a@x..example", "nobody", 7, ["a@b.example"], "a\x00@b.example"]
)
async def test_an_address_that_is_none_gets_no_mail_and_costs_nobody_the_token(serve: Serve, address: object) -> None:
    async with serve() as url:
        client = Client(url, hs256(claims(sub="c-none", email=address)))
        assert (await client("GET", PATH)).status == 200
        answer = await client("POST", PATH, a_wish())
        assert (answer.status, "address" in str(answer.body)) == (422, True)


async def test_the_token_goes_into_no_answer(serve: Serve) -> None:
    token = hs256(claims(exp=int((NOW - timedelta(days=1)).timestamp())))
    async with serve() as url:
        answer = await asked(url, token)
        assert is_refused(answer)
        assert token[-20:] not in f"{answer.body}{dict(answer.headers)}"
