"""An import that is killed half-way and run again tells nobody twice, with the real processes."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import date, time
from pathlib import Path

import asyncpg
import pytest

from api_service.importing.run import BATCH
from tests.support.databases import blocked
from tests.support.imports import a_file, a_row
from tests.support.waiting import eventually
from tests.support.world import World


async def started(world: World, file: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api_service", "import", str(file)),
        env=world.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def killed_at(world: World, file: Path, number: int) -> None:
    """Runs an import, and ends it by SIGKILL inside the transaction that has appointment `number`: it waits there for
    somebody's booking of that time, which is not committed."""
    row = a_row(number)
    holder = await asyncpg.connect(world.database_url)
    try:
        booking = holder.transaction()
        await booking.start()
        await holder.execute("INSERT INTO clients (id) VALUES ('somebody')")
        await holder.execute(
            "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)"
            " SELECT gen_random_uuid(), '1', 'somebody', day, clock, zone, (day + clock) AT TIME ZONE zone,"
            " (day + clock) AT TIME ZONE zone + interval '1 minute'"
            " FROM (SELECT $1::date AS day, $2::time AS clock, 'Europe/Berlin' AS zone) AS wish",
            *(date.fromisoformat(row["appointmentDate"]), time.fromisoformat(row["appointmentTime"])),
        )
        process = await started(world, file)
        await eventually(lambda: reached(world, number))
        await blocked(world.database)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        assert process.returncode == -signal.SIGKILL
        await booking.rollback()
    finally:
        await holder.close()


async def reached(world: World, number: int) -> bool:
    """Whether every batch before that of an appointment is committed."""
    return await appointments(world) == number // BATCH * BATCH


async def appointments(world: World) -> int:
    [row] = await world.database.fetch("SELECT count(*) FROM appointments")
    return int(row["count"])


async def everybody_is_told(world: World, count: int, *, within: float) -> None:
    """Makes every reminder due, and waits until the services have sent all."""
    await world.database.execute("UPDATE jobs SET due_at = now(), publish_after = now() WHERE state = 'scheduled'")
    async with world.api(), world.notifier():

        async def sent() -> bool:
            return await world.states() == {"succeeded": count}

        await eventually(sent, within=within, every=0.2)


@pytest.mark.parametrize(
    "count",
    [
        4 * BATCH + 10,
        pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
async def test_an_import_that_is_killed_half_way_and_run_again_tells_nobody_twice(
    world: World, tmp_path: Path, count: int
) -> None:
    file = a_file(tmp_path, [a_row(number) for number in range(count)])

    await killed_at(world, file, count // 2)
    assert await appointments(world) == count // 2 // BATCH * BATCH

    process = await started(world, file)
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    before = count // 2 // BATCH * BATCH
    assert f"{count - before} appointments imported, {before} were here already" in out.decode()

    assert await appointments(world) == count
    kinds = await world.database.fetch("SELECT kind, count(*), count(DISTINCT appointment_id) FROM jobs GROUP BY kind")
    assert [tuple(row) for row in kinds] == [("appointment_reminder", count, count)]

    await everybody_is_told(world, count, within=60 + count / 20)
    told = Counter(recipient for mail in world.mailbox.messages.newest_first() for recipient in mail.recipients)
    assert len(told) == count
    assert set(told.values()) == {1}
