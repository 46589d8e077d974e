"""Keeps the one choice who holds reminders, in the database (docs/decisions/0017)."""

from typing import Final

from api_service.relay.dispatch import Backend
from shared.database import Database
from shared.database.sql_file import statements

VOTE_LIFE: Final = 15.0
"""Seconds that an instance's vote counts. A connected instance repeats it."""
DISTRUST: Final = 600.0
"""Seconds for which an exchange that has not delivered is not tried again."""
RECOVERY_GAP: Final = 10.0
"""Seconds between two recoveries by any instance, so that unstable connections cost little."""
_BATCH: Final = 500
_SQL: Final = statements("api_service.relay.sql", "delay_choice.sql")


class DelayChoice:
    def __init__(self, database: Database, *, instance: str, grace: float) -> None:
        """`grace`: seconds for which the instances must agree on the exchange, or disagree, before the choice
        changes."""
        self._database = database
        self._instance = instance
        self._grace = grace

    async def vote(self, can: bool, reason: str) -> tuple[Backend, str]:
        """Votes whether this instance can use the exchange. Returns the choice and its reason. Raises
        DatabaseUnavailable."""
        async with self._database.transaction() as session:
            await session.execute(_SQL["lock"])
            [row] = await session.fetch(_SQL["vote"], self._instance, can, reason, VOTE_LIFE, self._grace)
        return row["backend"], row["reason"]

    async def chosen(self) -> tuple[Backend, str]:
        """The choice and its reason. Raises DatabaseUnavailable."""
        [row] = await self._database.fetch(_SQL["chosen"])  # the migration has inserted it
        return row["backend"], row["reason"]

    async def withdraw(self) -> None:
        """Withdraws this instance's vote. Raises DatabaseUnavailable."""
        await self._database.execute(_SQL["withdraw"], self._instance)

    async def distrust(self, reason: str) -> bool:
        """Stops the use of the exchange for a while. Returns whether it was in use. Raises DatabaseUnavailable."""
        return bool(await self._database.fetch(_SQL["distrust"], reason, DISTRUST))

    async def take_turn(self) -> bool:
        """Whether this instance should take back the reminders that the broker may have lost. Raises
        DatabaseUnavailable."""
        return bool(await self._database.fetch(_SQL["take_turn"], RECOVERY_GAP))

    async def take_back_recent(self, *, since: float, until: float) -> int:
        """Takes back the reminders given to the exchange between `since` and `until` seconds ago. Returns their number.
        Raises DatabaseUnavailable."""
        return await self._all("take_back_recent", since, until)

    async def take_back_due(self, *, past: float, ahead: float) -> int:
        """Takes back the reminders whose release was due in the last `past` seconds, or is due in the next `ahead`
        seconds. Returns their number. Raises DatabaseUnavailable."""
        return await self._all("take_back_due", past, ahead)

    async def _all(self, name: str, *seconds: float) -> int:
        total, moved = 0, _BATCH
        while moved == _BATCH:
            moved = len(await self._database.fetch(_SQL[name], *seconds, _BATCH))
            total += moved
        return total
