"""Plans the agendas of the coming hour, every half minute, in each API process. A day's agenda is a row, so one and
only one is made (sql/agendas.sql)."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Final

import structlog

from api_service.agendas.due import days, due
from shared.database import Database
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.people.zones import UnknownZone, zone
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.agendas")

AHEAD: Final = timedelta(hours=1)
EVERY: Final = 30.0
"""Seconds between two looks."""
_SQL: Final = statements("api_service.agendas.sql", "agendas.sql")


async def plan(database: Database, now: datetime) -> int:
    """Makes the jobs of agendas that are due within AHEAD, or were due earlier today; how many it were. A day without
    appointments has none. Raises DatabaseUnavailable."""
    made = 0
    for wish in await database.fetch(_SQL["wishes"]):
        try:
            where = zone(wish["timezone"])
        except UnknownZone:
            log.error("zone data too old", zone=wish["timezone"], doctor_id=wish["doctor_id"])
            continue
        for day in days(now, where, AHEAD):
            moment = due(day, wish["send_at"], where)
            if moment <= now + AHEAD:
                ends = due(day + timedelta(days=1), time(), where)
                made += len(await database.fetch(_SQL["plan"], wish["doctor_id"], day, moment, new_id(), ends))
    await database.execute(_SQL["forget"])
    return made


async def plan_for_ever(database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    async def turn() -> float:
        made = await plan(database, now())
        if made:
            log.info("agendas planned", agendas=made)
        return EVERY

    await run_loop("agendas", turn)
