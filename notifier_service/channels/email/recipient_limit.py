"""Limits the e-mails an hour to one address, over all notifiers. The claim gives each mail its time, in PostgreSQL
(sql/admission.sql, docs/decisions/0010)."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.database import Database
from shared.database.sql_file import statements
from shared.jobs.store import Claimed
from shared.process.loops import run_loop

HOUR: Final = 3600.0
FORGET_EVERY: Final = 300.0
_AT_ONCE: Final = 0.001
"""Seconds. A shorter wait is a rounding error."""
_SQL: Final = statements("notifier_service.channels.email.sql", "recipient_limit.sql")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limit of an address: mails are `gap` seconds apart; after a pause, mails for `ahead` seconds may go at once;
    no mail gets a time more than `most` seconds ahead."""

    gap: float
    ahead: float
    most: float


def allowance(per_hour: int) -> Allowance:
    """Half of an hour's mails may go at once, and the others follow evenly, so that no period of an hour has more than
    `per_hour`.

    >>> allowance(4)
    Allowance(gap=1200.0, ahead=1200.0, most=4800.0)
    """
    at_once = math.ceil(per_hour / 2)
    gap = HOUR / (per_hour - at_once + 1)
    ahead = (at_once - 1) * gap
    return Allowance(gap, ahead, HOUR + ahead)


class RecipientLimit:
    def __init__(
        self, database: Database, per_hour: int | None, *, jitter: Callable[[], float] = random.random
    ) -> None:
        """Without `per_hour` every mail goes at once, and none is counted. `jitter` in [0, 1)."""
        self._database = database
        self.allowance = None if per_hour is None else allowance(per_hour)
        self._jitter = jitter

    def wait(self, claim: Claimed) -> float:
        """Seconds that the mail of a claimed job has to wait; 0 when it may go."""
        if claim.wait is None:
            return self._again()
        return claim.wait if claim.wait > _AT_ONCE else 0.0

    async def run(self) -> None:
        """Forgets addresses whose last time has passed, until cancelled."""
        await run_loop("turns", self._forget, goes_on=lambda: self.allowance is not None)

    async def _forget(self) -> float:
        await self._database.execute(_SQL["forget"])
        return FORGET_EVERY

    def _again(self) -> float:
        """Seconds until the mail asks again for a time, spread so that waiting mails do not ask together."""
        return HOUR * (0.5 + self._jitter() / 2)
