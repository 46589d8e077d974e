"""One instance counts for all, another takes over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY

from api_service.relay.job_gauges import TASK, JobGauges
from deploy.local.postgres import Postgres
from shared.database import Database, leader
from tests.drills.proxy import proxy
from tests.support.factories import a_job
from tests.support.waiting import eventually


def shown(state: str) -> float | None:
    return REGISTRY.get_sample_value("punctual_jobs", {"state": state})


def is_shown(state: str, jobs: int) -> Callable[[], bool]:
    return lambda: shown(state) == jobs


@asynccontextmanager
async def running(census: JobGauges) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(census.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_holder_counts_rolls_up_and_shows(database: Database) -> None:
    await a_job(database)
    failed = await a_job(database)
    async with running(JobGauges(database, every=0.05)):
        await eventually(is_shown("scheduled", 2))
        await database.execute("UPDATE jobs SET state = 'failed' WHERE id = $1", failed.job_id)
        await eventually(is_shown("failed", 1))
        assert shown("scheduled") == 1
        assert shown("succeeded") == 0
        assert (REGISTRY.get_sample_value("punctual_oldest_due_job_age_seconds") or 0) > 0

        async def rolled_up() -> bool:
            return not await database.fetch("SELECT FROM job_changes")

        await eventually(rolled_up)
    assert shown("scheduled") is None, "who has stopped shows nothing"
    assert await leader.lead(database, TASK, holder="another", seconds=1), "it has not resigned"


async def test_while_another_counts_nothing_is_shown_until_its_time_runs_out(database: Database) -> None:
    await a_job(database)
    assert await leader.lead(database, TASK, holder="another", seconds=3600)
    async with running(JobGauges(database, every=0.05)):
        held = "SELECT FROM duties WHERE holder = 'another'"
        await eventually(lambda: shown("scheduled") is None)
        assert await database.fetch(held)

        await database.execute("UPDATE duties SET until = now()")

        await eventually(is_shown("scheduled", 1))
        assert not await database.fetch(held)


async def test_figures_vanish_while_the_database_is_away_and_come_back(
    database: Database, database_url: str, postgres: Postgres
) -> None:
    await a_job(database)
    async with proxy(postgres.port) as network:
        through = database_url.replace(f":{postgres.port}/", f":{network.port}/")
        distant = await Database.connect(through, size=2, name="tests")
        async with running(JobGauges(distant, every=0.05)) as task:
            await eventually(is_shown("scheduled", 1))
            network.cut()
            await eventually(lambda: shown("scheduled") is None)
            network.mend()
            await eventually(is_shown("scheduled", 1))
            assert not task.done()
        await distant.close()
