"""Errors as a real server raises them, each told for what it is."""

import asyncio

import asyncpg
import pytest

from shared.database import Database, Duplicate, Occupied, Session
from shared.errors import Contention, DatabaseUnavailable, ItemRefused, PunctualError
from tests.support.waiting import eventually

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'a test' USING ERRCODE = '%s'; END $$"


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("SELECT $1::text", ["a\x00b"], ItemRefused),  # 22021, by the server
        ("SELECT $1::text", ["\ud800"], ItemRefused),  # by the driver, which cannot encode it
        ("SELECT $1::int", [2**40], ItemRefused),
        ("SELECT $1::int", ["words"], ItemRefused),
        ("SELECT 1 / $1::int", [0], ItemRefused),
        ("SELECT $1::jsonb", ["{"], ItemRefused),
        ("INSERT INTO doctors (id, name) VALUES ($1, NULL)", ["9"], ItemRefused),
        ("SELECT * FROM no_such_table", [], DatabaseUnavailable),
        ("SELECT no_such_column FROM jobs", [], DatabaseUnavailable),
        ("SELECT no_such_function()", [], DatabaseUnavailable),
        ("SELECT pg_read_file('/no/such/file')", [], DatabaseUnavailable),
        ("SELECT pg_cancel_backend(pg_backend_pid())", [], Contention),
        ("SELECT pg_terminate_backend(pg_backend_pid())", [], DatabaseUnavailable),
        ("SELEC 1", [], asyncpg.PostgresSyntaxError),
        ("SELECT $1::int", [], asyncpg.InterfaceError),  # a wrong number of arguments
        ("SELECT $1::int", [1, 2], asyncpg.InterfaceError),
        (RAISE % "P0001", [], ItemRefused),
        (RAISE % "XX000", [], DatabaseUnavailable),
        (RAISE % "ZZ123", [], DatabaseUnavailable),
        (RAISE % "40001", [], Contention),
    ],
)
async def test_one_statement(
    database: Database, statement: str, values: list[object], expected: type[Exception]
) -> None:
    with pytest.raises(expected) as met:
        await database.fetch(statement, *values)
    assert issubclass(expected, PunctualError) == isinstance(met.value, PunctualError)
    assert await database.fetch("SELECT 1")


async def test_unique_and_exclusion_constraints_are_told_apart(database: Database) -> None:
    row = "INSERT INTO doctors (id, name, timezone) VALUES ('1', 'Ada', 'Europe/Berlin')"
    await database.execute(row)
    with pytest.raises(Duplicate, match="doctors_pkey"):
        await database.execute(row)
    await database.execute("CREATE TABLE spans (span int4range, EXCLUDE USING gist (span WITH &&))")
    span = "INSERT INTO spans VALUES ('[1,5]')"
    await database.execute(span)
    with pytest.raises(Occupied):
        await database.execute(span)


async def test_a_server_that_refuses_a_password_or_a_right_is_away(database: Database, database_url: str) -> None:
    await database.execute("CREATE ROLE nobody LOGIN PASSWORD 'right'")
    try:
        place = database_url.partition("@")[2]
        with pytest.raises(DatabaseUnavailable, match="28P01"):
            await Database.connect(f"postgresql://nobody:wrong@{place}", size=1, name="tests")
        pool = await Database.connect(f"postgresql://nobody:right@{place}", size=1, name="tests")
        with pytest.raises(DatabaseUnavailable, match="42501"):
            await pool.fetch("SELECT * FROM jobs")
        await pool.close()
    finally:
        await database.execute("DROP ROLE nobody")
    with pytest.raises(DatabaseUnavailable, match="3D000"):
        await Database.connect(f"{database_url}_no", size=1, name="tests")


async def test_of_two_transactions_that_deadlock_the_loser_is_told(
    database: Database,
) -> None:
    await database.execute("CREATE TABLE pairs (id int PRIMARY KEY, n int DEFAULT 0)")
    await database.execute("INSERT INTO pairs VALUES (1), (2)")
    both = asyncio.Barrier(2)

    async def cross(first: int, second: int) -> bool:
        try:
            async with database.transaction() as session:
                await _touch(session, first)
                await both.wait()
                await _touch(session, second)
        except Contention:
            return False
        return True

    assert sorted(await asyncio.gather(cross(1, 2), cross(2, 1))) == [False, True]
    [row] = await database.fetch("SELECT sum(n) AS sum FROM pairs")
    assert row["sum"] == 2


async def _touch(session: Session, number: int) -> None:
    await session.execute("UPDATE pairs SET n = n + 1 WHERE id = $1", number)


async def test_a_migration_under_a_prepared_statement_is_not_noticed(database: Database) -> None:
    await database.execute("CREATE TABLE grows (id int)")
    await database.fetch("SELECT * FROM grows")
    await database.execute("ALTER TABLE grows ADD COLUMN more text")
    assert await database.fetch("SELECT * FROM grows") == []


async def test_a_statement_that_is_cancelled_once_is_tried_again(database: Database) -> None:
    """It waits for a lock until it was cancelled, and gets the lock then."""
    async with database.transaction() as holder:
        await holder.execute("SELECT pg_advisory_xact_lock(7)")
        answer = asyncio.create_task(database.fetch("SELECT 7 AS n, pg_advisory_xact_lock_shared(7)"))
        [first] = await eventually(lambda: _waiting(database))
        await database.fetch("SELECT pg_cancel_backend($1)", first["pid"])

        async def waits_anew() -> bool:
            return any(each["query_start"] > first["query_start"] for each in await _waiting(database))

        await eventually(waits_anew)
    assert [row["n"] for row in await answer] == [7]


async def _waiting(database: Database) -> list[asyncpg.Record]:
    """The processes that wait for a lock, and when the statement of each began."""
    return await database.fetch(
        "SELECT pid, query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )


async def test_a_bug_in_the_block_of_a_transaction_rolls_it_back_and_stays_what_it_is(database: Database) -> None:
    await database.execute("CREATE TABLE kept (n int)")
    for fault in (TimeoutError("the block's own"), ConnectionResetError("the block's own"), KeyError("ours")):
        with pytest.raises(type(fault)):
            async with database.transaction() as session:
                await session.execute("INSERT INTO kept VALUES (1)")
                raise fault
    assert await database.fetch("SELECT * FROM kept") == []
