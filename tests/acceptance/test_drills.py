"""A short selection of the fault drills, and one that must fail; `make drill` runs all of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.drills.arena import Result
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS
from tests.drills.runner import run
from tests.drills.servers import Servers, servers

SEED = 20261124
PATIENCE = 60.0
CONTROL = CONTROLS[0]
SELECTION = (CONTROL.twin.name, "database-cancels")


@pytest.fixture(scope="module")
async def where() -> AsyncIterator[Servers]:
    async with servers() as own:
        yield own


@pytest.fixture(scope="module")
async def results(where: Servers) -> dict[str, Result]:
    """What came of the selection, all of it at once: neither strikes what the other one stands on."""
    drills = [drill for drill in DRILLS if drill.name in SELECTION]
    came = await asyncio.gather(*(run(drill, where, SEED, patience=PATIENCE) for drill in drills))
    return {result.drill: result for result in came}


@pytest.mark.parametrize("name", SELECTION)
def test_nothing_is_lost_and_nothing_sent_twice(results: dict[str, Result], name: str) -> None:
    assert results[name].counted.booked > 50
    assert results[name].holds, results[name].complaints


async def test_a_drill_turns_red_when_its_guarantee_is_taken_out(where: Servers, results: dict[str, Result]) -> None:
    red = await run(CONTROL.drill, where, SEED, patience=PATIENCE)
    assert CONTROL.unseen(red, results[CONTROL.twin.name]) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["killed-at-every-point", "rolling-restart"])
async def test_deaths_and_restarts_are_survived(where: Servers, name: str) -> None:
    [drill] = [each for each in DRILLS if each.name == name]
    result = await run(drill, where, SEED, patience=PATIENCE)
    assert result.holds, result.complaints
