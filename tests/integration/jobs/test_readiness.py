"""What readiness asks of the database, of a server that stands still."""

import asyncio
import os
import signal

from shared.database import Database
from tests.support.waiting import eventually

STANDS = 60.0
"""Seconds for a statement: longer than anybody waits here."""


async def test_the_answer_does_not_wait_for_a_server_that_stands_still(database_url: str) -> None:
    database = await Database.connect(database_url, size=1, name="tests", timeout=STANDS)
    try:
        row = await database.fetchrow("SELECT pg_backend_pid() AS pid")
        assert row is not None
        os.kill(row["pid"], signal.SIGSTOP)
        try:
            async with asyncio.timeout(STANDS / 4):
                answers = await asyncio.gather(*(database.answers(within=0.1) for _ in range(20)))
                assert not any([*answers, await database.answers(within=0.1)])
        finally:
            os.kill(row["pid"], signal.SIGCONT)
        await eventually(database.answers)
    finally:
        await database.close()
