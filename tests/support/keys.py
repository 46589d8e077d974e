"""Keys of a throw-away identity provider, the tokens it signs, and the server that publishes its keys."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key a number; made once a run, since that takes a moment."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def pem(key: PrivateKey) -> str:
    """Its public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(key: PrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    public = key.public_key()
    shown = (
        RSAAlgorithm.to_jwk(public, as_dict=True)
        if isinstance(public, rsa.RSAPublicKey)
        else ECAlgorithm.to_jwk(public, as_dict=True)
    )
    return {**shown, "kid": kid, "use": "sig", **members}


def a_signed_token(key: Any, algorithm: str, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A client's token of an hour; a claim that is changed to None is left out."""
    claims = {"sub": "client-1", "roles": ["client"], "exp": datetime.now(UTC) + timedelta(hours=1)} | changes
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm, headers)


def raw_token(header: Any, payload: bytes, signature: bytes = b"") -> str:
    """Three parts as they are given, signed or not."""
    parts = (header if isinstance(header, bytes) else orjson.dumps(header), payload, signature)
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode()


def raw_signed(header: dict[str, Any], payload: Any, key: rsa.RSAPrivateKey) -> str:
    """An RS256 token of whatever is given, which PyJWT might refuse to sign."""
    body = json.dumps(payload, default=str).encode()
    text = raw_token(header, body).rpartition(".")[0]
    return raw_token(header, body, key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


@dataclass
class KeyServer:
    """`reads` counts how often the set was asked for."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    reads: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.reads += 1
        await self.answers.wait()
        body = orjson.dumps({"keys": self.keys}) if self.body is None else self.body
        return web.Response(body=body, status=self.status, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def a_key_server(*keys: dict[str, Any]) -> AsyncIterator[KeyServer]:
    """Publishes `keys` at its url for the block; it is slow while `answers` is cleared."""
    server = KeyServer(keys=list(keys))
    server.answers.set()
    app = web.Application()
    app.router.add_get("/keys", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
        yield server
    finally:
        await runner.cleanup()
