"""Searches every night for rows that refer to missing rows: few columns have no foreign key, or one not yet valid."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

import structlog
from prometheus_client import Gauge

from shared.database import Database, Executor, leader
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.process.loops import run_loop
from shared.process.pacing import pause_after

log = structlog.get_logger("api_service.references")

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "jobs": ("appointment_id", "client_id"),
    "in_app_notifications": ("appointment_id", "client_id"),
    "appointments": ("doctor_id", "client_id"),
    "delivery_reports": ("appointment_id", "client_id"),  # not job_id: a report may outlive its job
}
"""Each table, and its columns that refer to rows of other tables."""
ORPHANS: Final = Gauge(
    "punctual_orphans",
    "Rows that refer to a missing row, by table and column, found by the last nightly search.",
    ["table", "column"],
)
for _table, _columns in COLUMNS.items():
    for _column in _columns:
        ORPHANS.labels(_table, _column).set(0)

TASK: Final = "orphans"
EVERY: Final = 60.0
"""Seconds between two checks whether a search is due, and between two reads of the last result."""
HOLD: Final = 120.0
"""Seconds for which an instance has the search for itself; renewed with every batch."""
BATCH: Final = 5_000
PAUSE: Final = 0.1
"""The least number of seconds between two batches. It is more after a slow one (shared/process/pacing.py), so that the
search never displaces bookings. Ten million rows take about a quarter of an hour."""
_SQL: Final = statements("api_service.references.sql", "orphans.sql")


async def search(
    executor: Executor, table: str, *, after: object = None, limit: int = BATCH
) -> tuple[object, Counter[str]]:
    """Counts orphans by column among the next `limit` rows. Also returns the last id that was read; None at the end of
    the table."""
    [row] = await executor.fetch(_SQL[table], after, limit)
    return row["last"], Counter({column: row[column] for column in COLUMNS[table]})


class OrphanSearch:
    """One instance searches for all; each instance shows the result."""

    def __init__(self, database: Database, *, every: float = EVERY, batch: int = BATCH, pause: float = PAUSE) -> None:
        """`every` and `pause` (the least one) in seconds, `batch` in rows."""
        self._database = database
        self._every = every
        self._batch = batch
        self._pause = pause
        self._holder = str(new_id())

    async def run(self) -> None:
        """Runs until cancelled."""
        await run_loop("orphans", self._turn, may_take=math.inf)  # a search of large tables takes long

    async def _turn(self) -> float:
        due = await self._database.fetchrow(_SQL["is_due"])
        if due is not None and due["due"] and await self._lead():
            await self._search_all()
        for row in await self._database.fetch(_SQL["noted"]):
            ORPHANS.labels(row["table_name"], row["column_name"]).set(row["found"])
        return self._every

    async def _lead(self) -> bool:
        return await leader.lead(self._database, TASK, holder=self._holder, seconds=HOLD)

    async def _search_all(self) -> None:
        """Noted at the end of a search, so that an interrupted search begins again."""
        found = {table: await self._search_table(table) for table in COLUMNS}
        for table, orphans in found.items():
            await self._database.execute(_SQL["note"], table, list(orphans), list(orphans.values()))
            for column, count in orphans.items():
                if count:
                    log.error("rows refer to something that is not there", table=table, column=column, rows=count)

    async def _search_table(self, table: str) -> Counter[str]:
        total: Counter[str] = Counter(dict.fromkeys(COLUMNS[table], 0))
        last: object = None
        while True:
            began = monotonic()
            last, found = await search(self._database, table, after=last, limit=self._batch)
            if last is None:
                return total
            total.update(found)
            await asyncio.sleep(pause_after(monotonic() - began, least=self._pause))
            await self._lead()
