"""When the mails of the coming hours leave, held against a queue of one mail after the other."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.jobs.forecast import HOURS, Forecast, Minute, Promises, forecast

NOW = datetime(2027, 1, 5, 7, 30, tzinfo=UTC)
FIRST = NOW.replace(minute=0)
EIGHT = datetime(2027, 1, 5, 8, tzinfo=UTC)

# the minute under way begins before now, and some lie outside of the 48 hours
places = st.dictionaries(st.integers(29, 30 + 49 * 60), st.integers(0, 20), max_size=12)
crowded = st.dictionaries(st.integers(29, 200), st.integers(0, 120), max_size=8)
paces = st.fractions(Fraction(1, 64), 2, max_denominator=64).filter(lambda pace: not 64 % pace.denominator)


@dataclass(frozen=True)
class Mail:
    """Seconds since FIRST."""

    due: int
    leaves: Fraction

    @property
    def waits(self) -> Fraction:
        return self.leaves - self.due


def minutes_of(jobs: dict[int, int]) -> list[Minute]:
    return [Minute(FIRST + timedelta(minutes=place), jobs[place]) for place in sorted(jobs)]


def one_by_one(jobs: dict[int, int], pace: Fraction, backlog: int) -> list[Mail]:
    """Each mail begins when it is due and the one before it has left, and takes 1 / pace seconds."""
    now = int((NOW - FIRST).total_seconds())
    dues = [now] * backlog
    for place in sorted(jobs):
        due = max(place * 60, now)
        dues += [due] * jobs[place] if due < HOURS * 3600 else []
    found: list[Mail] = []
    free = Fraction(now)
    for due in dues:
        free = max(free, Fraction(due)) + 1 / pace
        found.append(Mail(due, free))
    return found


@given(places | crowded, paces, st.integers(0, 100), st.integers(0, 7200), st.integers(60, 7200))
def test_it_is_the_queue_that_serves_one_mail_after_the_other(
    jobs: dict[int, int], pace: Fraction, backlog: int, lateness: int, notice: int
) -> None:
    found = forecast(NOW, minutes_of(jobs), Promises(lateness, notice), pace=float(pace), backlog=backlog)
    mails = one_by_one(jobs, pace, backlog)

    for place, hour in enumerate(found.hours):
        ends = (place + 1) * 3600
        ours = [mail for mail in mails if place * 3600 <= mail.due < ends]
        assert hour.due == len(ours)
        assert hour.late == sum(mail.waits > lateness for mail in ours)
        assert hour.begun == sum(mail.waits > notice for mail in ours)
        assert abs(hour.longest - float(max((mail.waits for mail in ours), default=0))) < 1e-6
        assert hour.waiting == sum(mail.due < ends < mail.leaves for mail in mails)


@given(places, st.integers(0, 100))
def test_without_a_pace_mails_are_counted_and_nothing_is_promised(jobs: dict[int, int], backlog: int) -> None:
    found = forecast(NOW, minutes_of(jobs), Promises(0, 0), pace=None, backlog=backlog)
    assert found.due == backlog + sum(jobs[place] for place in jobs if place < HOURS * 60)
    assert {(each.waiting, each.longest, each.late, each.begun) for each in found.hours} == {(0, 0.0, 0, 0)}
    assert found.first_broken is None


@given(places, paces, st.integers(0, 100))
def test_a_quicker_pace_and_looser_bounds_break_no_more_promises(
    jobs: dict[int, int], pace: Fraction, backlog: int
) -> None:
    def made(pace: float, promises: Promises) -> Forecast:
        return forecast(NOW, minutes_of(jobs), promises, pace=pace, backlog=backlog)

    slow, quick = (made(float(pace) * factor, Promises(60, 600)) for factor in (1, 2))
    assert quick.late <= slow.late
    assert quick.longest <= slow.longest
    assert made(float(pace), Promises(120, 600)).late <= slow.late
    assert slow.begun <= slow.late  # the bound is the smaller one here


def test_an_hour_that_is_too_full_overflows_into_the_next_ones() -> None:
    found = forecast(NOW, [Minute(EIGHT, 9_000)], Promises(900, 3600), pace=1)
    assert [hour.waiting for hour in found.hours[:5]] == [0, 5_400, 1_800, 0, 0]
    assert (found.late, found.begun, found.longest) == (8_100, 5_400, 9_000.0)
    assert found.first_broken == found.busiest == found.hours[1]


def test_it_begins_with_the_hour_under_way_and_has_forty_eight() -> None:
    found = forecast(NOW, [], Promises(), pace=10, backlog=3)
    assert (found.hours[0].begins, found.hours[-1].ends) == (FIRST, FIRST + timedelta(hours=48))
    assert (found.due_within(1), found.due_within(48), found.longest) == (3, 3, 0.3)
    assert forecast(NOW, [], Promises(), pace=10).busiest is None
