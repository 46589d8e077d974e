"""Filters as chips: each leads to the list with it, or without it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.dashboard import chips
from api_service.ops.dashboard.chips import Chip
from api_service.ops.dashboard.listing import PERIODS, Wanted
from shared.jobs.model import Kind, Priority, State

VALUES: dict[str, list[str]] = {
    "state": ["", *State],
    "kind": ["", *Kind],
    "queue": ["", *Priority],
    "period": ["", *PERIODS],
    "error": ["", "no & such=user"],
    "client": ["", "a/b c"],
    "appointment": ["", "01a20fa3-68f8-70a1-9348-4063619d6977"],
    "group": ["", "SMTP 550 5.1.1"],
    "since": ["", "2027-01-05T14:00:00Z"],
}
LISTS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def all_of(wanted: Wanted) -> list[Chip]:
    return [*(each for group in chips.choices(wanted) for each in group.chips), *chips.typed(wanted)]


@given(LISTS)
def test_each_chip_changes_one_filter_and_keeps_the_others(given_filters: dict[str, Any]) -> None:
    asked = {name: str(value) for name, value in given_filters.items() if value}
    for chip in all_of(Wanted.parse(asked)):
        led = query_of(chip.url)
        changed = {name for name in VALUES if led.get(name) != asked.get(name)}
        assert len(changed) == 1
        assert chip.is_on == (not changed & set(led))
        assert query_of(Wanted.parse(led).url()) == led


@given(LISTS)
def test_every_filter_that_is_set_has_a_chip_that_takes_it_away(given_filters: dict[str, Any]) -> None:
    asked = {name: str(value) for name, value in given_filters.items() if value}
    taken = [set(asked) - set(query_of(chip.url)) for chip in all_of(Wanted.parse(asked)) if chip.is_on]
    assert set().union(*taken) == set(asked) - {"state"}
    assert sum(map(len, taken)) == len(set(asked) - {"state"})
