"""The keys that verify tokens: one from the settings, or a published key set (RFC 7517) that rotates.

aiohttp reads the set, one read at a time. PyJWT's own client would occupy one of the loop's few threads for every
request that waits for a slow server.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from api_service.identity.public_key import algorithm_of
from api_service.identity.published import PublishedDocument
from shared.errors import PunctualError

NO_KEY: Final = (
    jwt.PyJWTError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    UnsupportedAlgorithm,
)
"""The errors of PyJWT and cryptography for a member of a key set that is no key."""


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
    """The keys of JWT_JWKS_URL by their ids. An unknown id makes us read the set again."""

    def __init__(self, url: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._set = PublishedDocument(url, _usable, name="signing keys", clock=clock)

    async def of(self, token: str) -> Key | None:
        kid = jwt.get_unverified_header(token).get("kid")
        return await self._find(kid) if isinstance(kid, str) else None

    async def are_still(self, key: Key) -> bool:
        """Whether the key object is in the current set. A new read makes new objects, even of equal keys, so that
        earlier verifications are checked again."""
        return await self._find(key.id) is key

    async def _find(self, kid: str) -> Key | None:
        keys = self._set.kept()
        if keys is None or kid not in keys:
            keys = await self._set.newest()
        if keys is not None and kid in keys:
            return keys[kid]
        if self._set.failed:
            raise KeysUnavailable
        return None

    async def close(self) -> None:
        await self._set.close()


def _usable(found: dict[str, Any]) -> dict[str, Key]:
    """The signing keys of a set by id. Keys for encryption, symmetric keys, short keys, other kinds, and what is no key
    are left out. Raises ValueError if nothing is left."""
    each = found.get("keys")
    keys = {key.id: key for key in map(_key, each if isinstance(each, list) else ()) if key is not None}
    if not keys:
        raise ValueError("no usable key")
    return keys


def _key(found: object) -> Key | None:
    try:
        key = jwt.PyJWK(found)  # type: ignore[arg-type]  # it may be no object
    except NO_KEY:
        return None
    algorithm, kid = algorithm_of(key.key), key.key_id
    if not isinstance(kid, str) or not kid or algorithm is None or key.algorithm_name != algorithm:
        return None
    return Key(key.key, algorithm, kid) if key.public_key_use in (None, "sig") else None
