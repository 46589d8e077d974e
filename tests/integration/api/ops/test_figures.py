"""Figures are read in advance, so that no page waits for them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api_service.ops.core import figures
from api_service.ops.core.figures import Figure, Figures
from api_service.ops.core.outlook import Outlooks
from shared.database import Database
from shared.jobs.forecast import Promises
from shared.process.lifecycle import TaskGroup
from tests.support.factories import a_job
from tests.support.plans import Asked, noted
from tests.support.rows import a_doctor
from tests.support.waiting import eventually

EACH = [each for each in vars(figures).values() if isinstance(each, Figure)] + list(figures.ENDED.values())


@pytest.fixture
async def kept(database: Database) -> AsyncIterator[Figures]:
    await a_doctor(database)
    await a_job(database, state="failed")
    kept = Figures(database, Outlooks(Promises()))
    tasks = TaskGroup(lambda: pytest.fail("the loop has ended"))
    tasks.start("figures", kept.run())
    yield kept
    await tasks.stop()


async def statements_of(kept: Figures) -> list[Asked]:
    """What is asked when a page wants all figures just now."""
    with noted() as asked:
        for each in EACH:
            await kept.get(each)
        await asyncio.sleep(0)
    return asked


async def test_a_page_waits_for_no_figure(kept: Figures) -> None:
    async def none_asked() -> bool:
        return not await statements_of(kept)

    assert len(EACH) == 11
    await eventually(none_asked)
    assert (await kept.get(figures.TROUBLE)).failed == 1


async def test_with_an_old_schema_only_the_verdict_is_read(database: Database) -> None:
    """The other statements name tables that may be missing: such a loop would end the process."""
    await database.execute("DELETE FROM schema_migrations WHERE name > '0001'")
    await database.execute("ALTER TABLE failure_notes RENAME TO gone; ALTER TABLE jobs RENAME TO gone_too")
    kept = Figures(database, Outlooks(Promises()))
    await kept.read_in_advance()
    assert (await kept.get(figures.HEALTH)).signs.lacks is not None
