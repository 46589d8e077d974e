"""Remembers verified tokens, so that the next request of a client need not verify its token again."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, Protocol, TypeVar

from api_service.identity.signing_keys import Key

LONGEST: Final = 2_048
"""Characters. Longer tokens are rare; they are verified each time, so that the memory stays small."""


class Expiring(Protocol):
    @property
    def expires_at(self) -> datetime: ...


T = TypeVar("T", bound=Expiring)


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """The caller that a token names, and the key that verified it."""

    identity: T
    key: Key


class KnownTokens(Generic[T]):
    """Keyed by the whole token, so that no other token can match. The least recently used one is forgotten first, so
    memory is bounded, and every call takes the same time."""

    def __init__(self, *, most: int = 10_000, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._most = most
        self._now = now
        self._known: OrderedDict[str, Known[T]] = OrderedDict()

    def get(self, token: str) -> Known[T] | None:
        """The caller of a remembered token; None if it has expired meanwhile. The caller of this method asks whether
        its key still counts."""
        known = self._known.get(token)
        if known is None:
            return None
        if known.identity.expires_at <= self._now():
            del self._known[token]
            return None
        self._known.move_to_end(token)
        return known

    def add(self, token: str, identity: T, key: Key) -> None:
        if len(token) <= LONGEST:
            self._known[token] = Known(identity, key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)
