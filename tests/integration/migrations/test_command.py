"""`api-service migrate`: says what it would do, does it, and says what it has done."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios
from contextlib import suppress

import asyncpg

from deploy.local.postgres import Postgres
from shared.database.migrations.files import migrations
from tests.integration.migrations.older import an_empty_database, as_shipped, until
from tests.integration.starts.processes import SCRIPTS, SETTINGS, run

MIGRATE = ("api-service", "migrate")


async def test_it_plans_and_applies_and_has_nothing_left_to_do(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    planned = await run((*MIGRATE, "--plan"), DATABASE_URL=url)
    names = [each.name for each in migrations()]
    side, *lines = planned.text.splitlines()
    assert side.startswith("Before the new release starts")
    assert (planned.status, [line for line in lines if line[0] != " "]) == (0, names)

    applied = await run(MIGRATE, DATABASE_URL=url)
    assert applied.status == 0
    assert [line for line in applied.text.splitlines() if line.startswith("applied ")] == [
        f"applied {n}" for n in names
    ]
    assert "migration step done" in applied.text

    for command in (MIGRATE, (*MIGRATE, "--plan")):
        assert (await run(command, DATABASE_URL=url)).text == "nothing to apply\n"


async def test_the_plan_tells_locks_and_sizes_and_when_bookings_wait(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    await as_shipped(url, until("0015_cheaper_notes"))
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO clients (id) SELECT n::text FROM generate_series(1, 2000) AS n; ANALYZE clients"
    )
    await connection.close()
    planned = await run((*MIGRATE, "--plan"), DATABASE_URL=url)
    lines = [re.sub(r"[\d.]+ MiB", "N MiB", line) for line in planned.text.splitlines()]
    assert lines[1:3] == [
        "0016_cheaper_slots",
        "  the whole file: BOOKINGS WAIT until it is done; ACCESS EXCLUSIVE on appointments (0 rows, N MiB)",
    ]
    assert (
        "  add appointments_client_id_fkey: bookings wait for a moment; SHARE ROW EXCLUSIVE on appointments"
        " (0 rows, N MiB); SHARE ROW EXCLUSIVE on clients (2,000 rows, N MiB)"
    ) in lines
    assert "  build jobs_parked: online, bookings go on; SHARE UPDATE EXCLUSIVE on jobs (0 rows, N MiB)" in lines


async def test_on_a_terminal_a_bar_shows_the_steps_in_place_of_the_log(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))  # a new one is 0 columns wide
    script = [str(SCRIPTS / MIGRATE[0]), MIGRATE[1]]
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        *script, env=environment, stdout=asyncio.subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    drawn = await asyncio.to_thread(_all_of, ours)
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert output.count("applied ") == len(migrations())
    assert "migrate, 0001_booking_and_jobs: the whole file:   0 % |" in drawn
    assert "99 % |" in drawn or "100 % |" in drawn
    assert "migration step done" not in drawn


def _all_of(descriptor: int) -> str:
    """Whatever is written to a terminal until nobody has it open any more."""
    pieces = []
    with suppress(OSError):  # EIO: the end, on Linux
        while piece := os.read(descriptor, 65_536):
            pieces.append(piece)
    os.close(descriptor)
    return b"".join(pieces).decode()
