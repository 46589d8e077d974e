"""Knows which background loops stand still. /livez fails because of them, and an alert fires."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, get_args

from prometheus_client import Gauge

from shared.process.internal_errors import LoopName

STALLED: Final = Gauge(
    "punctual_loop_stalled", "1 while a turn of a background loop takes longer than it may, by loop.", ["loop"]
)


class Heartbeat:
    """The heartbeat of one running loop. Only its turns are timed, not its waiting for work."""

    def __init__(self, name: LoopName, may_take: float) -> None:
        """`may_take`: the longest time of one turn, in seconds."""
        self.name = name
        self._may_take = may_take
        self._since: float | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The loop is at work for the length of the block."""
        self._since = monotonic()
        try:
            yield
        finally:
            self._since = None

    def beat(self) -> None:
        """The turn under way has made progress: its time starts again."""
        if self._since is not None:
            self._since = monotonic()

    @property
    def stalled(self) -> bool:
        return self._since is not None and monotonic() - self._since > self._may_take


_beating: Final[set[Heartbeat]] = set()


@contextmanager
def beating(name: LoopName, *, may_take: float) -> Iterator[Heartbeat]:
    """A heartbeat that is watched for the length of the block. `may_take`: the longest time of one turn, in seconds."""
    heart = Heartbeat(name, may_take)
    _beating.add(heart)
    try:
        yield heart
    finally:
        _beating.discard(heart)


def stalled() -> list[str]:
    """The loops of this process whose current turn takes too long."""
    return sorted({heart.name for heart in _beating if heart.stalled})


def _watched(name: LoopName) -> None:
    STALLED.labels(name).set_function(lambda: float(name in stalled()))


for _name in get_args(LoopName):
    _watched(_name)
