"""The phases of the benchmark, each with a small load: they run, and fill the rows of the targets."""

import io
from pathlib import Path

import pytest

from shared.process.progress import progress
from tests.bench.calm import FixedWork
from tests.bench.contenders import US
from tests.bench.phases.drain import Drain
from tests.bench.phases.latency import AtRate
from tests.bench.phases.memory import Memory
from tests.bench.phases.phase import Phase
from tests.bench.phases.post import Post
from tests.bench.phases.reminders import Burst, Evenly, SameSecond
from tests.bench.phases.wal import Wal
from tests.bench.plan import Step, groups
from tests.bench.results import Results
from tests.bench.runner import Limits, Runner
from tests.bench.servers import servers
from tests.bench.setups import Setup, grown
from tests.bench.targets import BOUNDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SMALL: dict[str, Phase] = {
    "post": Post(load=0.5),
    "latency50": AtRate(50, load=1.0),
    "latency500": AtRate(100, load=1.0),
    "drain": Drain(backlog=100, most=30.0),
    "reminders": Evenly(count=20, window=1.0),
    "second": SameSecond(count=5, turns=2),
    "burst": Burst(count=50, rate=20, load=2.0),
    "memory": Memory(bookings=100, steps=2),
    "wal": Wal(bookings=50),
}


async def test_every_phase_fills_the_rows_of_its_targets_and_is_kept(tmp_path: Path) -> None:
    steps = [Step(name, phase, Setup(US.name, US), 0) for name, phase in SMALL.items()]
    steps += [Step("history", Post(load=0.5), setup, 0) for setup in grown(1_000)]
    file = tmp_path / "results.json"
    results, fixed = Results.new(), FixedWork()
    try:
        async with servers() as started, progress("bench", 1, stream=io.StringIO()) as shown:
            runner = Runner(started, fixed, results, file, Limits(tries=1))
            await runner.run(steps, shown)
    finally:
        fixed.stop()
    assert runner.failed == []
    kept = Results.load(file)
    assert kept is not None
    assert kept.samples.keys() == {step.key for step in steps}
    unfilled = [
        bound.subject
        for bound in BOUNDS
        if bound.ours == US.name and bound.theirs is None and bound.verdict(kept).reached is None
    ]
    assert unfilled == []
    assert {name for group in groups() for name in group.phases} - SMALL.keys() == {"shapes", "history", "history10"}
    for sample in kept.samples.values():
        assert sample.figures["mails"] > 0
        assert sample.figures.get("missing", 0) == 0
        assert sample.cpu["database"] > 0
