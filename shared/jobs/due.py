"""Reads which jobs fall due when, and at which pace notifiers send them (sql/due.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs import process_heartbeats
from shared.jobs.forecast import HOURS, Forecast, Minute, Promises, forecast
from shared.jobs.process_heartbeats import Process, ProcessState, Role

MOST: Final = 1_000_000
"""Jobs of one state that are counted; what falls due after them is left out."""
_SQL: Final = statements("shared.jobs.sql", "due.sql")


@dataclass(frozen=True, slots=True)
class Pace:
    """The largest number of mails a second by EMAIL_RATE, None where a notifier has no limit; and how many
    `notifiers` it is made of. `is_shared`: they have it together, however many there are. `is_last_known`: none of them
    serves now."""

    per_second: float | None
    notifiers: int
    is_shared: bool = False
    is_last_known: bool = False


def pace_of(processes: Sequence[Process]) -> Pace:
    """The pace of the notifiers that serve; where none does, of those that did within the hour."""
    notifiers = [each for each in processes if each.role is Role.NOTIFIER]
    serving = [each for each in notifiers if not each.is_silent and each.state is not ProcessState.STOPPING]
    rates = [each.email_rate for each in serving or notifiers]
    is_last_known = bool(notifiers) and not serving
    limited = [rate for rate in rates if rate is not None]
    if not rates or len(limited) < len(rates):
        return Pace(None, len(rates), is_last_known=is_last_known)
    shared = [rate.per_second for rate in limited if rate.is_shared]
    own = [rate.per_second for rate in limited if not rate.is_shared]
    return Pace(sum(own) + max(shared, default=0.0), len(rates), is_shared=not own, is_last_known=is_last_known)


async def look_ahead(executor: Executor, promises: Promises) -> Forecast:
    """The forecast as of now, at the pace of EMAIL_RATE. Raises DatabaseUnavailable."""
    pace = pace_of(await process_heartbeats.known(executor))
    [row] = await executor.fetch(_SQL["now"], MOST)
    until = row["now"].replace(minute=0, second=0, microsecond=0) + timedelta(hours=HOURS)
    minutes = await executor.fetch(_SQL["by_minute"], until, MOST)
    return forecast(
        row["now"],
        [Minute(each["minute"], each["jobs"]) for each in minutes],
        promises,
        pace=pace.per_second,
        backlog=row["backlog"],
    )
