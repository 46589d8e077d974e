"""A short selection of the fault drills; `make drill` runs all of them."""

from collections.abc import AsyncIterator

import pytest

from tests.drills.arena import Servers, run, servers
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS

SEED = 20261124


@pytest.fixture(scope="module")
async def where() -> AsyncIterator[Servers]:
    async with servers() as own:
        yield own


@pytest.mark.parametrize("name", ["both-killed", "operator-in-the-ui"])
async def test_nothing_is_lost_and_nothing_sent_twice(where: Servers, name: str) -> None:
    [drill] = [each for each in DRILLS if each.name == name]
    counted = (await run(drill, where, SEED, seconds=10, patience=60)).counted
    assert counted.booked > 50
    assert counted.holds, [*counted.lost, *counted.unexplained]


async def test_a_drill_turns_red_when_its_guarantee_is_taken_out(where: Servers) -> None:
    control = CONTROLS[0]
    result = await run(control.drill, where, SEED, seconds=10, notifier=control.notifier, patience=5)
    assert not result.counted.holds
