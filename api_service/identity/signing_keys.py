"""Knows the keys that tokens are verified with: one of the settings', or a published set (RFC 7517) that rotates.

The set is read by aiohttp, in no thread, once at a time: PyJWT's own client would hold a thread of the loop's few for
every request that waits for a slow server.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol

import aiohttp
import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from api_service.identity.public_key import algorithm_of
from api_service.web.limits.rate import Buckets, Rate
from shared.errors import PunctualError

log = structlog.get_logger("api_service.identity.signing_keys")

LIFETIME: Final = 300.0
"""Seconds until a set is read anew: how long a key that was withdrawn may still verify."""
STALE: Final = 3600.0
"""Seconds that a set goes on verifying while its server is away."""
COOLDOWN: Final = 5.0
"""Seconds between two reads, on average, whatever key ids are asked for."""
AT_ONCE: Final = 3
"""Reads that may follow each other after a pause: a key that has just been rotated in is known at its first token."""
TIMEOUT: Final = 5.0
_LARGEST: Final = 256 * 1024


class Key(NamedTuple):
    """A key and the one algorithm that it verifies; `id` of a published one."""

    key: Any
    algorithm: str
    id: str = ""


class KeysUnavailable(PunctualError):
    """The set cannot be read, so nobody can know whether a token is valid."""


class SigningKeys(Protocol):
    async def of(self, token: str) -> Key | None:
        """The key of a token; None when there is none. Raises KeysUnavailable, jwt.PyJWTError."""

    async def are_still(self, key: Key) -> bool:
        """Whether this very key, which `of` has given, is still among them. Raises KeysUnavailable."""

    async def close(self) -> None:
        """Ends a read of the keys that is under way."""


class FixedKey:
    """The one key of JWT_SECRET or JWT_PUBLIC_KEY."""

    def __init__(self, key: Any, algorithm: str) -> None:
        self._key = Key(key, algorithm)

    @classmethod
    def of_pem(cls, pem: str) -> "FixedKey":
        key = load_pem_public_key(pem.encode())
        return cls(key, algorithm_of(key) or "")

    async def of(self, token: str) -> Key | None:
        return self._key

    async def are_still(self, key: Key) -> bool:
        return key is self._key

    async def close(self) -> None:
        """Nothing is ever read."""


class PublishedKeys:
    """Those of JWT_JWKS_URL by key id."""

    def __init__(self, url: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None
        self._reads = Buckets(Rate(round(60 / COOLDOWN), "min"), burst=AT_ONCE, clock=clock)
        self._failed = False
        self._reading: asyncio.Task[None] | None = None

    async def of(self, token: str) -> Key | None:
        kid = jwt.get_unverified_header(token).get("kid")
        return await self._find(kid) if isinstance(kid, str) else None

    async def are_still(self, key: Key) -> bool:
        """A set that was read anew has new keys, even where they are the same: what an old one has verified is looked
        at again."""
        return await self._find(key.id) is key

    async def _find(self, kid: str) -> Key | None:
        age = self._age()
        if kid in self._keys and age < STALE:
            if age > LIFETIME:
                self._refresh()  # nobody waits for it
            return self._keys[kid]
        reading = self._refresh()
        if reading is not None:
            await asyncio.shield(reading)
        if kid in self._keys and self._age() < STALE:
            return self._keys[kid]
        if self._failed:
            raise KeysUnavailable
        return None

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock() - self._read_at

    def _refresh(self) -> "asyncio.Task[None] | None":
        """The read that is under way, or a new one; None when there were enough of late."""
        if self._reading is not None and not self._reading.done():
            return self._reading
        if self._reads.take(self._url):
            return None
        self._reading = asyncio.create_task(self._read(), name="jwks")
        return self._reading

    async def _read(self) -> None:
        try:
            self._keys = _usable(await self._fetched())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, jwt.PyJWTError) as error:
            self._failed = True
            log.warning("signing keys cannot be read", error=type(error).__name__)
        else:
            self._failed = False
            self._read_at = self._clock()

    async def _fetched(self) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with (
            aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as http,
            http.get(self._url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise ValueError("no key set")
            body = await answer.content.read(_LARGEST)
            while not answer.content.at_eof():
                if len(body) >= _LARGEST:
                    raise ValueError("too large a key set")
                body += await answer.content.read(_LARGEST)
            found = orjson.loads(body)
        if not isinstance(found, dict):
            raise ValueError("no key set")
        return found


def _usable(found: dict[str, Any]) -> dict[str, Key]:
    """Keys for signatures by their id; what is for encryption, symmetric, too short or of another kind is left out."""
    keys: dict[str, Key] = {}
    for each in jwt.PyJWKSet.from_dict(found).keys:
        algorithm = algorithm_of(each.key)
        if each.key_id and algorithm and each.public_key_use in (None, "sig") and each.algorithm_name == algorithm:
            keys[each.key_id] = Key(each.key, algorithm, each.key_id)
    if not keys:
        raise ValueError("no usable key")
    return keys
