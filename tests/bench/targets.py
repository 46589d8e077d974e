"""The targets for Punctual's speed, and whether a run reaches them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.bench.contenders import BY_HAND, CELERY, CONTENDERS, PREBUILT, US, Peer
from tests.bench.cpu import MEASURED
from tests.bench.figures import Spread, brief, ratios
from tests.bench.results import Results
from tests.bench.setups import ONE_AND_ONE, TWO_AND_TWO, history_name

Figure = Callable[[Results, str], dict[int, float]]
"""A figure of a contender, by round."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the table. `reached` is None when it was not measured."""

    subject: str
    target: str
    value: Spread
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Bound:
    """`figure` of `ours`, as it is, or divided by that of `theirs`: at least or at most `limit`."""

    subject: str
    figure: Figure
    kind: Literal["≥", "≤"]
    limit: float
    ours: str = US.name
    theirs: str | None = None
    unit: str = ""

    def verdict(self, results: Results) -> Verdict:
        """By the median of the rounds."""
        mine = self.figure(results, self.ours)
        if self.theirs is None:
            value = Spread.of(list(mine.values()))
            target = f"{self.kind} {brief(self.limit)} {self.unit}".rstrip()
        else:
            value = ratios(mine, self.figure(results, self.theirs))
            target = f"{self.kind} {self.limit:g} × {self.theirs}"
        return Verdict(self.subject, target, value, self._reached(value.median))

    def _reached(self, median: float) -> bool | None:
        if math.isnan(median):
            return None
        return median >= self.limit if self.kind == "≥" else median <= self.limit


def of(phase: str, figure: str) -> Figure:
    return lambda results, name: results.figures(phase, name, figure)


def cpu(results: Results, name: str) -> dict[int, float]:
    """CPU of the contender's parts, of a booking and its mail."""
    return results.cpu("post", name, MEASURED)


_THROUGH, _RATE, _P99 = of("post", "through"), of("post", "rate"), of("post", "p99")
_DRAIN = of("drain", "rate")


def _bounds() -> Iterator[Bound]:
    celery, by_hand, prebuilt = CELERY.name, BY_HAND.name, PREBUILT.name
    yield Bound("booked and mailed a second", _THROUGH, "≥", 8, theirs=celery)
    yield Bound("booked and mailed a second", _THROUGH, "≥", 2, theirs=prebuilt)
    yield Bound("POST/s, worker running", _RATE, "≥", 2.5, theirs=celery)
    yield Bound("POST p99, worker running", _P99, "≤", 0.5, theirs=celery)
    yield Bound("drain of a backlog, mails/s", _DRAIN, "≥", 12, theirs=celery)
    yield Bound("drain of a backlog, mails/s", _DRAIN, "≥", 2.5, theirs=prebuilt)
    yield Bound("CPU a booking and its mail", cpu, "≤", 0.15, theirs=celery)
    yield Bound("CPU a booking and its mail", cpu, "≤", 0.55, theirs=prebuilt)
    yield Bound("50/s, request sent → mail, p50", of("latency50", "sent_p50"), "≤", 1.2, theirs=prebuilt)
    yield Bound("50/s, request sent → mail, p99", of("latency50", "sent_p99"), "≤", 1, theirs=by_hand)
    for peer in CONTENDERS:
        if isinstance(peer, Peer):
            yield Bound("500/s, request sent → mail, p99", of("latency500", "sent_p99"), "≤", 0.25, theirs=peer.name)
    shapes = of("shapes", "through")
    yield Bound("booked and mailed/s, 2 + 2 processes", shapes, "≥", 0.95, TWO_AND_TWO.name, ONE_AND_ONE.name)
    for phase, finished in (("history", 1_000_000), ("history10", 10_000_000)):
        subject = f"booked and mailed/s with {history_name(finished)}"
        yield Bound(subject, of(phase, "through"), "≥", 0.95, history_name(finished), history_name(0))
    yield Bound("2,000 reminders in 30 s, late, p99", of("reminders", "late_p99"), "≤", 20, unit="ms")
    yield Bound("67 reminders due in one second, the last", of("second", "last_most"), "≤", 40, unit="ms")
    yield Bound("20,000 due in one second, all sent after", of("burst", "all_after"), "≤", 8, unit="s")
    yield Bound("confirmations meanwhile, sent → mail, p99", of("burst", "told_p99"), "≤", 100, unit="ms")
    yield Bound("memory of the API, most", of("memory", "api_most"), "≤", 70, unit="MiB")
    yield Bound("memory of the notifier, most", of("memory", "worker_most"), "≤", 60, unit="MiB")
    yield Bound("growth of the API over 50,000 bookings", of("memory", "api_growth"), "≤", 0.05)
    yield Bound("growth of the notifier over 50,000 bookings", of("memory", "worker_growth"), "≤", 0.05)
    yield Bound("WAL a booking with its mail, without page images", of("wal", "bytes"), "≤", 2_500, unit="bytes")


BOUNDS: Final[Sequence[Bound]] = tuple(_bounds())


def verdicts(results: Results) -> list[Verdict]:
    """All rows; those of peers that were not measured are left out."""
    known = {name for phase in ("post", "latency500") for name in results.names(phase)}
    peers = {each.name for each in CONTENDERS if isinstance(each, Peer)}
    return [each.verdict(results) for each in BOUNDS if each.theirs not in peers or each.theirs in known]
