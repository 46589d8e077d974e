"""The keys that verify tokens: one from the settings, or a published key set (RFC 7517) that rotates.

aiohttp reads the set, one read at a time. PyJWT's own client would occupy one of the loop's few threads for every
request that waits for a slow server.
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
"""Seconds until a set is read again: the longest time that a withdrawn key still verifies."""
STALE: Final = 3600.0
"""Seconds that a set still verifies while its server is away."""
COOLDOWN: Final = 5.0
"""Seconds between two reads, on average, whatever key ids are asked for."""
AT_ONCE: Final = 3
"""Reads that may follow each other after a pause, so that a newly rotated key is known at its first token."""
TIMEOUT: Final = 5.0
_LARGEST: Final = 256 * 1024


class Key(NamedTuple):
    """A key and its one algorithm; `id` is the id of a published key."""

    key: Any
    algorithm: str
    id: str = ""


class KeysUnavailable(PunctualError):
    """The key set cannot be read, so no token can be judged."""


class SigningKeys(Protocol):
    async def of(self, token: str) -> Key | None:
        """The key of a token; None when there is none. Raises KeysUnavailable, jwt.PyJWTError."""

    async def are_still(self, key: Key) -> bool:
        """Whether this key (from `of`) still counts. Raises KeysUnavailable."""

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
        """Does nothing: the key is never read again."""


class PublishedKeys:
    """The keys of JWT_JWKS_URL by their ids."""

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
        """Whether the key object is in the current set. A new read makes new objects, even of equal keys, so that
        earlier verifications are checked again."""
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
        """The read under way, or a new one; None when there were enough reads recently."""
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
    """The signing keys of a set by id. Keys for encryption, symmetric keys, short keys and other kinds are left out."""
    keys: dict[str, Key] = {}
    for each in jwt.PyJWKSet.from_dict(found).keys:
        algorithm = algorithm_of(each.key)
        if each.key_id and algorithm and each.public_key_use in (None, "sig") and each.algorithm_name == algorithm:
            keys[each.key_id] = Key(each.key, algorithm, each.key_id)
    if not keys:
        raise ValueError("no usable key")
    return keys
