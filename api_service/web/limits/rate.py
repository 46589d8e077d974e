"""A rate such as 20/s, and token buckets for many callers in bounded memory. Pure."""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Self

_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
_RATE: Final = re.compile(r"(\d+)\s*/\s*(s|min|h)")


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` in every `per` seconds."""

    count: int
    unit: str = "s"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The rate in "20/s", "300/min" or "1000/h". Raises ValueError.

        >>> str(Rate.parse("300/min")), Rate.parse("300/min").per_second
        ('300/min', 5.0)
        """
        match = _RATE.fullmatch(text.strip())
        if match is None or int(match[1]) == 0:
            raise ValueError("must be a rate such as 20/s, 300/min or 1000/h, or off")
        return cls(int(match[1]), match[2])

    @property
    def per_second(self) -> float:
        return self.count / _UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.count}/{self.unit}"


class Buckets:
    """A bucket for each key. A full bucket is the same as none, so the key that was quiet longest is forgotten first:
    memory is bounded, and every call takes the same time."""

    def __init__(self, rate: Rate, *, burst: int, most: int = 100_000, clock: Callable[[], float] = monotonic) -> None:
        """`burst`: the tokens of a full bucket; `most`: the largest number of keys in memory."""
        self._rate = rate.per_second
        self._burst = float(burst)
        self._most = most
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key → tokens, and since when

    def take(self, key: str) -> float:
        """Takes a token. Returns 0 if there was one; else the seconds until the next one."""
        now = self._clock()
        tokens, at = self._known.pop(key, (self._burst, now))
        tokens = min(tokens + (now - at) * self._rate, self._burst)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._known[key] = (tokens if wait else tokens - 1, now)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._known)
