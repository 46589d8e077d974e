"""The steps of a run: which phase is measured of whom, in which rounds, and how long that takes about."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench import setups
from tests.bench.contenders import US
from tests.bench.phases.drain import Drain
from tests.bench.phases.latency import AtRate
from tests.bench.phases.memory import Memory
from tests.bench.phases.phase import Phase
from tests.bench.phases.post import Post
from tests.bench.phases.reminders import Burst, Evenly, SameSecond
from tests.bench.phases.wal import Wal
from tests.bench.setups import Setup

A_SITTING: Final = 9.0
"""Seconds to start a contender, warm it up, and end it."""
A_ROW: Final = 1 / 12_000
"""Seconds to make a finished job."""
_SLOW: Final = 1.5
"""How much longer a phase of a peer takes about, whose worker does not keep up."""
Key = tuple[str, str, int]
"""A step's phase, name and round."""


@dataclass(frozen=True, slots=True)
class Step:
    """`group`: the name by which a run is asked for it. Several groups may have the same phase."""

    group: str
    phase: Phase
    setup: Setup
    round: int

    @property
    def key(self) -> Key:
        return self.group, self.setup.name, self.round

    def __str__(self) -> str:
        return f"round {self.round + 1}, {self.setup.name}, {self.group}"


@dataclass(frozen=True, slots=True)
class Group:
    """Phases that are measured of the same setups, in one sitting each. `once`: a round is enough. `optional`: only if
    it is named."""

    phases: Mapping[str, Phase]
    of: Callable[[Sequence[Setup]], list[Setup]]
    once: bool = False
    optional: bool = False


def _chosen(chosen: Sequence[Setup]) -> list[Setup]:
    return list(chosen)


def groups() -> Sequence[Group]:
    """All of a full run, in their order."""
    return (
        Group(
            {"post": Post(), "latency50": AtRate(50), "latency500": AtRate(500, load=6.0), "drain": Drain()}, _chosen
        ),
        Group({"shapes": Post()}, lambda _: [setups.ONE_AND_ONE, setups.TWO_AND_TWO]),
        Group({"history": Post()}, lambda _: setups.grown(1_000_000)),
        Group({"history10": Post()}, lambda _: setups.grown(10_000_000), optional=True),
        Group({"reminders": Evenly()}, setups.reminding, once=True),
        Group({"second": SameSecond()}, lambda _: setups.us(), once=True),
        Group({"burst": Burst()}, lambda _: setups.us(), once=True),
        Group({"memory": Memory()}, lambda _: setups.us(), once=True),
        Group({"wal": Wal()}, lambda _: setups.us(), once=True),
    )


def quick_groups() -> Sequence[Group]:
    """The decisive phases, shorter."""
    decisive: dict[str, Phase] = {
        "post": Post(load=4.0, seconds=8.0),
        "latency50": AtRate(50, load=5.0),
        "latency500": AtRate(500, load=3.0),
        "drain": Drain(backlog=8_000, most=6.0, seconds=11.0),
    }
    return (Group(decisive, _chosen),)


def steps(of: Sequence[Group], names: Iterable[str], chosen: Sequence[Setup], rounds: int) -> list[Step]:
    """Those phases, or all but the optional ones. In each round the contenders come in another order, so that none is
    always the first on an idle machine. Raises ValueError for an unknown phase."""
    wanted = list(names)
    if unknown := set(wanted) - {name for group in of for name in group.phases}:
        known = ", ".join(name for group in of for name in group.phases)
        raise ValueError(f"no such phase: {', '.join(sorted(unknown))}; there are {known}")
    return [step for group in of for step in _of_group(group, wanted, chosen, rounds)]


def _of_group(group: Group, wanted: Sequence[str], chosen: Sequence[Setup], rounds: int) -> Iterator[Step]:
    phases = {name: phase for name, phase in group.phases.items() if name in wanted or not (wanted or group.optional)}
    those = group.of(chosen)
    for number in range(1 if group.once else rounds):
        at = number % len(those) if those else 0
        for setup in (*those[at:], *those[:at]):
            for name, phase in phases.items():
                yield Step(name, phase, setup, number)


def expected(planned: Sequence[Step]) -> list[float]:
    """Seconds of each step, about: its phase, and what has to be started and filled for it."""
    known: set[int] = set()
    seconds, before = [], None
    for step in planned:
        spent = step.phase.seconds * (1.0 if step.setup.contender is US else _SLOW)
        if before is None or before.setup != step.setup or before.round != step.round:
            spent += A_SITTING
        if step.setup.finished and step.setup.finished not in known:
            known.add(step.setup.finished)
            spent += step.setup.finished * A_ROW
        if step.setup.pending:
            spent += step.setup.pending * A_ROW / 2
        seconds.append(spent)
        before = step
    return seconds
