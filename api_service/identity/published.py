"""Reads a JSON document that another server publishes, keeps it, and reads it again when it is old.

One read at a time, and few in a row, whoever asks: nobody can make us ask that server often.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, Generic, TypeVar

import jwt
import structlog

from api_service.identity.json_over_http import FAULTS, ask
from api_service.web.limits.rate import Buckets, Rate
from shared.errors import PunctualError

log = structlog.get_logger("api_service.identity.published")

LIFETIME: Final = 300.0
"""Seconds until a document is read again."""
STALE: Final = 3600.0
"""Seconds that a document still counts while its server is away."""
COOLDOWN: Final = 5.0
"""Seconds between two reads, on average."""
AT_ONCE: Final = 3
"""Reads that may follow each other after a pause, so that news is seen at once."""

T = TypeVar("T")


class DocumentUnavailable(PunctualError):
    """The document cannot be read, and there is none from before that still counts."""


class PublishedDocument(Generic[T]):
    def __init__(
        self, url: str, parse: Callable[[dict[str, Any]], T], *, name: str, clock: Callable[[], float] = monotonic
    ) -> None:
        """`parse` raises ValueError or jwt.PyJWTError for an unusable document. `name`: for the log, such as "signing
        keys"."""
        self._url = url
        self._parse = parse
        self._name = name
        self._event = f"{name} cannot be read"
        self._clock = clock
        self._value: T | None = None
        self._read_at: float | None = None
        self._reads = Buckets(Rate(round(60 / COOLDOWN), "min"), burst=AT_ONCE, clock=clock)
        self._reading: asyncio.Task[None] | None = None
        self.failed = False
        """Whether the last read has failed."""

    def kept(self) -> T | None:
        """The document that still counts, if there is one. An old one is read again; nobody waits for that."""
        age = self._age()
        if self._value is None or age >= STALE:
            return None
        if age > LIFETIME:
            self._refresh()
        return self._value

    async def newest(self) -> T | None:
        """The document, read again now unless there were enough reads lately. None if none counts."""
        reading = self._refresh()
        if reading is not None:
            await asyncio.shield(reading)
        return self._value if self._age() < STALE else None

    async def current(self) -> T:
        """The document from memory, or else read now. Raises DocumentUnavailable."""
        found = self.kept()
        if found is None:
            found = await self.newest()
        if found is None:
            raise DocumentUnavailable(self._event)
        return found

    async def close(self) -> None:
        """Ends a read that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock() - self._read_at

    def _refresh(self) -> "asyncio.Task[None] | None":
        """The read under way, or a new one; None when there were enough reads lately."""
        if self._reading is not None and not self._reading.done():
            return self._reading
        if self._reads.take(self._url):
            return None
        self._reading = asyncio.create_task(self._read(), name=self._name)
        return self._reading

    async def _read(self) -> None:
        try:
            answer = await ask(self._url)
            if answer.status != 200:
                raise ValueError("no document")
            self._value = self._parse(answer.body)
        except (*FAULTS, jwt.PyJWTError) as error:
            self.failed = True
            log.warning(self._event, error=type(error).__name__)
        else:
            self.failed = False
            self._read_at = self._clock()
