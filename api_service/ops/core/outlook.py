"""Says in sentences what the next two days bring: the mails that fall due, and whether they leave in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Final

from api_service.ops.core.recent import Recent
from api_service.ops.core.wording import plural, span
from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs import counts as job_counts
from shared.jobs import due, process_heartbeats
from shared.jobs.due import Pace
from shared.jobs.forecast import HOURS, Forecast, Hour, Promises
from shared.jobs.model import State

KEPT: Final = 10.0
"""Seconds that an outlook is kept for further readers."""
SHOWN: Final = 60.0
"""Seconds after which an outlook is shown no more, not even while the next one is read."""
ADVANCE: Final = 55.0
"""Seconds after which an outlook is read again though nobody has asked."""
LONGEST_WAIT: Final = 0.015
"""Seconds that a page waits for the outlook."""
_DAY: Final = timedelta(days=1)
_SQL: Final = statements("api_service.ops.core.sql", "outlook.sql")


@dataclass(frozen=True, slots=True)
class SentLately:
    """`by_hour`: mails sent in each hour of the last day; `busiest`: the minute with the most, and how many."""

    by_hour: Mapping[datetime, int]
    busiest: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast, the pace that it was made with, its bounds, and the mails of the day before."""

    forecast: Forecast
    pace: Pace
    promises: Promises
    sent: SentLately

    @property
    def is_broken(self) -> bool:
        """Whether mails would leave too late."""
        return bool(self.forecast.late or self.forecast.begun)

    def sentence(self, zone: tzinfo = UTC) -> str:
        """The forecast in a few sentences, with times of that zone."""
        sentence = said(self.forecast, self.promises, zone)
        if not self.forecast.due or (self.pace.notifiers and not self.pace.is_last_known):
            return sentence
        if self.forecast.pace is None:
            return f"{sentence} No notifier is running now."
        return f"{sentence} No notifier is running now: this is the pace of the last ones."

    def takes(self, hour: Hour) -> float | None:
        """Seconds that the mails of an hour take at the pace of EMAIL_RATE; None without one."""
        return None if self.forecast.pace is None else hour.due / self.forecast.pace

    def sent_a_day_before(self, hour: Hour) -> int | None:
        """Mails sent in the same hour of the last day; None where it has not passed yet."""
        before = hour.begins - _DAY
        return self.sent.by_hour.get(before, 0) if before < self.forecast.made_at.replace(minute=0) else None

    @property
    def busy_hours(self) -> Sequence[Hour]:
        """The hours in which mails fall due, or wait for those before them."""
        hours = self.forecast.hours
        before = [0, *(each.waiting for each in hours)]
        return [each for each, waited in zip(hours, before, strict=False) if each.due or each.waiting or waited]


class Outlooks:
    """The newest outlook. One that is older than KEPT is read anew, and shown meanwhile: nobody waits for the count of
    what is due, but the first one."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self._recent = Recent(KEPT, grace=SHOWN)

    async def newest(self, executor: Executor) -> Outlook:
        """Raises DatabaseUnavailable."""
        return await self._recent.get("outlook", partial(look_ahead, executor, self._promises))

    async def refresh(self, executor: Executor) -> None:
        """Reads it in advance, if it would soon be too old to be shown. Raises DatabaseUnavailable."""
        await self._recent.refresh("outlook", partial(look_ahead, executor, self._promises), at=ADVANCE)

    async def at_hand(self, executor: Executor) -> Outlook | None:
        """The same for a page, which does not wait for it: None while it is read for the first time, or for the first
        time in a while. Raises DatabaseUnavailable."""
        return await self._recent.soon("outlook", partial(look_ahead, executor, self._promises), within=LONGEST_WAIT)


async def look_ahead(executor: Executor, promises: Promises) -> Outlook:
    """Raises DatabaseUnavailable."""
    found = await due.look_ahead(executor, promises)
    pace = due.pace_of(await process_heartbeats.known(executor))
    return Outlook(found, pace, promises, await _sent_lately(executor, found.made_at))


async def _sent_lately(executor: Executor, now: datetime) -> SentLately:
    by_hour: dict[datetime, int] = {}
    for bucket in await job_counts.throughput(executor, "hour", since=now - _DAY):
        if bucket.state is State.SUCCEEDED:
            by_hour[bucket.begins] = by_hour.get(bucket.begins, 0) + bucket.jobs
    row = await executor.fetchrow(_SQL["busiest_minute"])
    return SentLately(by_hour, None if row is None else (row["bucket"], row["jobs"]))


def said(forecast: Forecast, promises: Promises, zone: tzinfo = UTC) -> str:
    """The forecast in a sentence or two, with times of that zone.

    >>> said(Forecast(datetime(2027, 1, 5, tzinfo=UTC), [], 0, None), Promises())
    'No mail is due in the next 48 hours.'
    """
    busiest, broken = forecast.busiest, forecast.first_broken
    if busiest is None:
        return f"No mail is due in the next {HOURS} hours."
    if broken is not None:
        return f"{_at(broken, forecast, zone)} {_broken(broken, promises)}"
    leave = " leave in time" if forecast.pace is not None else " are due"
    verb = " leaves in time" if forecast.pace is not None else " is due"
    all_mails = f"{plural(forecast.due, 'mail')}{verb if forecast.due == 1 else leave} in the next {HOURS} hours."
    return all_mails if forecast.due == 1 else f"{all_mails} The most: {_at(busiest, forecast, zone, first=False)}"


def _at(hour: Hour, forecast: Forecast, zone: tzinfo, *, first: bool = True) -> str:
    """Such as: at 08:00 UTC, 1,900 mails, 3 min at 10/s."""
    begins, now = hour.begins.astimezone(zone), forecast.made_at.astimezone(zone)
    day = "" if begins.date() == now.date() else f" on {begins:%A}"
    when = "this hour" if begins <= now else f"at {begins:%H:%M} {getattr(zone, 'key', 'UTC')}{day}"
    takes = "" if forecast.pace is None else f", {span(hour.due / forecast.pace)} at {forecast.pace:g}/s"
    words = f"{when}, {plural(hour.due, 'mail')}{takes}."
    return f"{words[0].upper()}{words[1:]}" if first else words


def _broken(hour: Hour, promises: Promises) -> str:
    late = f"{hour.late:,} of them would leave more than {span(promises.lateness)} late"
    begun = f"{hour.begun:,} only after the visit has begun"
    if not hour.begun:
        return f"{late}."
    return f"{late}, {begun}." if hour.late else f"{hour.begun:,} of them would leave only after the visit has begun."
