"""Looking for what stands wrong never reads the appointments that stand right."""

from datetime import timedelta
from uuid import UUID

import pytest

from api_service.zones import law, store
from shared.database import Database
from shared.database.sql_file import statements
from tests.integration.zones.conftest import Clinic
from tests.support.laws import VANCOUVER
from tests.support.rows import a_client

SQL = statements("api_service.zones.sql", "zones.sql")
ARGUMENTS = {
    "booked_offsets": "",
    "with_bookings": "(ARRAY['UTC'], ARRAY[interval '0'], ARRAY[now()], ARRAY[now()])",
    "earliest_first": "('UTC', '0', now(), now(), now(), gen_random_uuid(), 10)",
    "latest_first": "('UTC', '0', now(), now(), now(), gen_random_uuid(), 10)",
}


@pytest.mark.parametrize("name", list(ARGUMENTS))
@pytest.mark.parametrize("rows", [0, 2000])
async def test_the_index_answers(database: Database, name: str, rows: int) -> None:
    await a_client(database)
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) SELECT n::text, 'Ada', 'UTC' FROM generate_series(1, $1::int) AS n",
        rows,
    )
    await database.execute(
        "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)"
        " SELECT gen_random_uuid(), n::text, 'c', at::date, at::time, 'UTC', at, at + interval '30 min'"
        " FROM generate_series(1, $1::int) AS n, LATERAL (SELECT now() + n * interval '1 h' AS at) AS a",
        rows,
    )
    await database.execute("ANALYZE appointments")
    async with database.transaction() as session:
        await session.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await session.execute(f"PREPARE looked AS {SQL[name]}")
        plan = "\n".join(row[0] for row in await session.fetch(f"EXPLAIN EXECUTE looked {ARGUMENTS[name]}"))
        await session.execute("DEALLOCATE looked")
    assert "appointments_by_offset" in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_every_zone_and_offset_is_found_with_its_latest_start(clinic: Clinic, database: Database) -> None:
    booked = [
        await clinic.book(clock, timezone=zone, doctor=f"{zone} {clock}")
        for zone in ("Europe/Berlin", VANCOUVER, "Asia/Kathmandu", "UTC")
        for clock in ("09:00", "10:00", "11:00")
    ]
    cancelled = await clinic.book("09:00", timezone="Asia/Tokyo")
    await database.execute("UPDATE appointments SET status = 'cancelled' WHERE id = $1", cancelled.id)

    found = {each.timezone: (each.booked_with, each.latest) for each in await store.booked_offsets(database)}

    assert found == {
        "Europe/Berlin": (timedelta(hours=1), booked[2].starts_at),
        VANCOUVER: (timedelta(hours=-7), booked[5].starts_at),
        "Asia/Kathmandu": (timedelta(hours=5, minutes=45), booked[8].starts_at),
        "UTC": (timedelta(), booked[11].starts_at),
    }


async def test_batches_go_on_where_the_last_one_ended(clinic: Clinic, database: Database) -> None:
    for number in range(7):  # the same start, of seven doctors
        await clinic.book("09:00", doctor=str(number))
    [pair] = await store.booked_offsets(database)
    for offset in (timedelta(hours=1), timedelta(hours=-9)):
        misfit = law.Misfit(VANCOUVER, pair.booked_with, pair.now, pair.latest + timedelta(hours=1), offset)
        seen: set[UUID] = set()
        last: store.Booking | None = None
        while some := await store.batch(database, misfit, last, limit=3):
            seen.update(each.id for each in some)
            last = some[-1]
        assert len(seen) == 7
