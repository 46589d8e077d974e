"""A drill sees a job that succeeded twice, although the job's own row is the only record of success."""

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Outcome
from tests.drills.queries import JOBS
from tests.drills.successes import record_successes
from tests.support.factories import a_claimed_job

_AGAIN = "UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE id = $1"
"""As a notifier would that does not ask who holds the lease."""


@pytest.mark.parametrize("late", [0, 1, 2])
async def test_every_success_is_counted(database: Database, late: int) -> None:
    await record_successes(database)
    ticket = await a_claimed_job(database)
    await job_store.finish(database, [Finish(ticket.job_id, 1, Outcome.SUCCEEDED, reply_code=250)], owner="worker")
    for _ in range(late):
        await database.execute(_AGAIN, ticket.job_id)
    await database.execute("UPDATE jobs SET reason = 'anything else of the row' WHERE id = $1", ticket.job_id)

    found = {row["id"]: row["successes"] for row in await database.fetch(JOBS)}
    assert found[str(ticket.job_id)] == 1 + late
