"""Says when the mails of the coming hours will leave, at a pace of so many a second. Pure.

Mails leave in the order in which they are due, one after the other. So a mail waits for all that are due before it and
have not left: the queue with one server and constant service time (Lindley's recursion).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final

HOURS: Final = 48
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Minute:
    """`jobs` fall due at once, at `begins`."""

    begins: datetime
    jobs: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour. `due`: mails that fall due in it; `waiting`: mails that are due before it ends and leave after it;
    `longest`: seconds that the last of its mails waits; `late`: its mails that leave later than the bound; `begun`: its
    mails that would leave only after the visit has begun. All but `due` are 0 where no pace is known."""

    begins: datetime
    due: int = 0
    waiting: int = 0
    longest: float = 0.0
    late: int = 0
    begun: int = 0

    @property
    def ends(self) -> datetime:
        return self.begins + _HOUR


@dataclass(frozen=True, slots=True)
class Promises:
    """`lateness`: seconds after its due time from which a mail is late; `notice`: seconds between the due time of a
    reminder and the visit, the shortest of all offsets."""

    lateness: float = 900.0
    notice: float = 3600.0


USUAL: Final = Promises()
"""By the settings' defaults."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`made_at`: by the database's clock; `hours`: the hour under way first, HOURS in all; `backlog`: mails that are
    due now and have not left, part of the first hour; `pace` in mails a second, None where nobody knows one."""

    made_at: datetime
    hours: Sequence[Hour]
    backlog: int
    pace: float | None

    @property
    def due(self) -> int:
        return sum(each.due for each in self.hours)

    @property
    def late(self) -> int:
        return sum(each.late for each in self.hours)

    @property
    def begun(self) -> int:
        return sum(each.begun for each in self.hours)

    @property
    def longest(self) -> float:
        return max((each.longest for each in self.hours), default=0.0)

    def due_within(self, hours: int) -> int:
        """Mails that fall due in the first so many hours, the one under way among them."""
        return sum(each.due for each in self.hours[:hours])

    @property
    def busiest(self) -> Hour | None:
        """The hour with the most mails; None where none has any."""
        most = max(self.hours, key=lambda each: each.due, default=None)
        return most if most is not None and most.due else None

    @property
    def first_broken(self) -> Hour | None:
        """The first hour whose mails would leave too late."""
        return next((each for each in self.hours if each.late or each.begun), None)


def forecast(
    now: datetime, minutes: Iterable[Minute], promises: Promises, *, pace: float | None, backlog: int = 0
) -> Forecast:
    """The forecast of HOURS hours from the one under way on. `minutes` in their order, what lies outside of those hours
    is left out; `backlog`: mails that are due now.

    >>> from datetime import UTC
    >>> now, eight = datetime(2027, 1, 5, 7, 30, tzinfo=UTC), datetime(2027, 1, 5, 8, tzinfo=UTC)
    >>> found = forecast(now, [Minute(eight, 1900)], Promises(900, 3600), pace=10)
    >>> found.hours[1]
    Hour(begins=datetime.datetime(2027, 1, 5, 8, 0, tzinfo=datetime.timezone.utc), due=1900, waiting=0, longest=190.0, \
late=0, begun=0)
    """
    first = now.replace(minute=0, second=0, microsecond=0)
    hours = [Hour(first + place * _HOUR) for place in range(HOURS)]
    queue = _Queue(now, pace)
    for moment, jobs in ((now, backlog), *((max(each.begins, now), each.jobs) for each in minutes)):
        place = (moment - first) // _HOUR
        if jobs and 0 <= place < HOURS:
            _settle(hours, queue, until=place)
            hours[place] = _with(hours[place], queue.join(moment, jobs), promises)
    _settle(hours, queue, until=HOURS)
    return Forecast(now, hours, backlog, pace)


@dataclass(frozen=True, slots=True)
class _Joined:
    """`jobs` mails that found `ahead` mails before them, fractions of the one being sent included."""

    jobs: int
    ahead: float
    pace: float | None

    @property
    def longest(self) -> float:
        return 0.0 if self.pace is None else (self.ahead + self.jobs) / self.pace

    def later_than(self, seconds: float) -> int:
        """The number of these mails that wait longer."""
        if self.pace is None:
            return 0
        in_time = floor(seconds * self.pace - self.ahead)
        return self.jobs - min(max(in_time, 0), self.jobs)


class _Queue:
    """Mails that are due and have not left."""

    def __init__(self, now: datetime, pace: float | None) -> None:
        self._at = now
        self._pace = pace
        self._waiting = 0.0
        self._settled = 0

    def join(self, moment: datetime, jobs: int) -> _Joined:
        joined = _Joined(jobs, self.waiting_at(moment), self._pace)
        self._waiting += jobs
        return joined

    def waiting_at(self, moment: datetime) -> float:
        """Moments come in their order."""
        if moment > self._at:
            gone = (moment - self._at).total_seconds() * (self._pace or 0.0)
            self._waiting = 0.0 if self._pace is None else max(self._waiting - gone, 0.0)
            self._at = moment
        return self._waiting

    def unsettled(self, until: int) -> range:
        """The hours before that one which nobody has asked for yet."""
        hours, self._settled = range(self._settled, until), max(self._settled, until)
        return hours


def _settle(hours: list[Hour], queue: _Queue, *, until: int) -> None:
    """Notes how many mails each hour before that one leaves to the next."""
    for place in queue.unsettled(until):
        hours[place] = replace(hours[place], waiting=ceil(queue.waiting_at(hours[place].ends)))


def _with(hour: Hour, joined: _Joined, promises: Promises) -> Hour:
    return replace(
        hour,
        due=hour.due + joined.jobs,
        longest=max(hour.longest, joined.longest),
        late=hour.late + joined.later_than(promises.lateness),
        begun=hour.begun + joined.later_than(promises.notice),
    )
