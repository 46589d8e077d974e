"""A short selection of the fault drills, and one that must fail; `make drill` runs all of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.drills.arena import Result
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS
from tests.drills.runner import run
from tests.drills.servers import Servers, servers

pytestmark = pytest.mark.slow  # drills are a command of their own

SEED = 20261124
PATIENCE = 60.0
CONTROL = CONTROLS[0]


@pytest.fixture(scope="module")
async def where() -> AsyncIterator[Servers]:
    async with servers() as own:
        yield own


@pytest.fixture(scope="module")
async def results(postgres: Postgres, rabbitmq: RabbitMQ, home: Path) -> list[Result]:
    """What came of the drill, and of the same one without a guarantee: both at once, and on the servers of all tests,
    since neither strikes what others stand on."""
    where, both = Servers(home, postgres, (rabbitmq,)), (CONTROL.twin, CONTROL.drill)
    return await asyncio.gather(*(run(drill, where, SEED, patience=PATIENCE) for drill in both))


def test_nothing_is_lost_and_nothing_sent_twice(results: list[Result]) -> None:
    green, _ = results
    assert green.counted.booked > 50
    assert green.holds, green.complaints


def test_a_drill_turns_red_when_its_guarantee_is_taken_out(results: list[Result]) -> None:
    green, red = results
    assert CONTROL.unseen(red, green) is None


@pytest.mark.parametrize("name", ["killed-at-every-point", "rolling-restart", "database-cancels"])
async def test_deaths_restarts_and_cancelled_statements_are_survived(where: Servers, name: str) -> None:
    [drill] = [each for each in DRILLS if each.name == name]
    result = await run(drill, where, SEED, patience=PATIENCE)
    assert result.holds, result.complaints
