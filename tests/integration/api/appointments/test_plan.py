"""The statement that books reads one client's appointments, also when it was planned while the table was empty."""

import re

from shared.database import Database
from shared.database.sql_file import statements

BOOK = statements("api_service.appointments.sql", "appointments.sql")["book"]


async def test_open_bookings_are_counted_by_the_clients_index(database: Database) -> None:
    values = ", ".join(["NULL"] * max(int(number) for number in re.findall(r"\$(\d+)", BOOK)))
    async with database.transaction() as session:
        await session.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await session.execute(f"PREPARE booking AS {BOOK}")
        plan = "\n".join(row[0] for row in await session.fetch(f"EXPLAIN EXECUTE booking ({values})"))
        await session.execute("DEALLOCATE booking")
    assert "appointments_of_client" in plan, plan
    assert not re.search(r"Scan (using|on) appointments_no_double_booking", plan), plan
