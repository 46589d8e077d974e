"""A short selection of the fault drills; `make drill` runs all of them."""

from collections.abc import AsyncIterator

import pytest

from tests.drills.arena import Drill, Result
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS
from tests.drills.runner import run
from tests.drills.servers import Servers, servers

SEED = 20261124
PATIENCE = 60.0
_results: dict[str, Result] = {}


@pytest.fixture(scope="module")
async def where() -> AsyncIterator[Servers]:
    async with servers() as own:
        yield own


async def _once(drill: Drill, where: Servers) -> Result:
    """The result of a drill, which is the green twin of a control too."""
    if drill.name not in _results:
        _results[drill.name] = await run(drill, where, SEED, patience=PATIENCE)
    return _results[drill.name]


@pytest.mark.parametrize(
    "name", ["killed-at-every-point", "operator-in-the-ui", pytest.param("rolling-restart", marks=pytest.mark.slow)]
)
async def test_nothing_is_lost_and_nothing_sent_twice(where: Servers, name: str) -> None:
    [drill] = [each for each in DRILLS if each.name == name]
    result = await _once(drill, where)
    assert result.counted.booked > 50
    assert result.holds, result.complaints


async def test_a_drill_turns_red_when_its_guarantee_is_taken_out(where: Servers) -> None:
    control = CONTROLS[0]
    green = await _once(control.twin, where)
    red = await run(control.drill, where, SEED, patience=PATIENCE)
    assert control.unseen(red, green) is None
