"""A short selection of the fault drills; `make drill` runs all of them."""

from collections.abc import AsyncIterator

import pytest

from tests.drills.arena import run
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS
from tests.drills.servers import Servers, servers

SEED = 20261124


@pytest.fixture(scope="module")
async def where() -> AsyncIterator[Servers]:
    async with servers() as own:
        yield own


@pytest.mark.parametrize(
    "name", ["killed-at-every-point", "operator-in-the-ui", pytest.param("rolling-restart", marks=pytest.mark.slow)]
)
async def test_nothing_is_lost_and_nothing_sent_twice(where: Servers, name: str) -> None:
    [drill] = [each for each in DRILLS if each.name == name]
    result = await run(drill, where, SEED, patience=60)
    assert result.counted.booked > 50
    assert result.holds, result.complaints


async def test_a_drill_turns_red_when_its_guarantee_is_taken_out(where: Servers) -> None:
    result = await run(CONTROLS[0], where, SEED, seconds=10, patience=5)
    assert not result.counted.holds
