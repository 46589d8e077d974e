"""What a zone's law says about instants, held against the zones themselves."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.zones import law
from shared.people import zones

ANY_ZONE = st.sampled_from(sorted(zones.names()))
ANY_TIME = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(ANY_ZONE, ANY_TIME, st.integers(0, 1500))
def test_an_offset_is_a_misfit_exactly_where_the_clocks_have_another(zone: str, moment: datetime, days: int) -> None:
    local = moment.astimezone(zones.zone(zone))
    offset = local.utcoffset()
    assert offset is not None
    ends = moment + timedelta(days=days)
    found = list(law.misfits(zone, offset, moment, ends))
    for hours in range(0, days * 24, 7):
        then = moment + timedelta(hours=hours)
        [*inside] = (each for each in found if each.begins <= then < each.ends)
        real = then.astimezone(zones.zone(zone)).utcoffset()
        assert [each.offset for each in inside] == ([] if real == offset else [real])
    assert all(moment <= each.begins < each.ends <= ends for each in found)


def test_changes_are_found_to_the_second() -> None:
    [summer] = law.misfits("Europe/Berlin", timedelta(hours=1), NEW_YEAR, NEW_YEAR.replace(year=2028))
    assert (summer.begins, summer.ends) == (
        datetime(2027, 3, 28, 1, tzinfo=UTC),
        datetime(2027, 10, 31, 1, tzinfo=UTC),
    )
    assert (summer.offset, summer.later) == (timedelta(hours=2), False)


NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "instant", "exists"),
    [
        (date(2027, 1, 5), time(15), datetime(2027, 1, 5, 14, tzinfo=UTC), True),
        (date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC), False),
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC), True),
    ],
)
def test_instants_of_local_times(day: date, clock: time, instant: datetime, exists: bool) -> None:
    assert law.instant(day, clock, "Europe/Berlin") == (instant, exists)
