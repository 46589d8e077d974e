"""The simulation of many machines: its queues, its layouts, and the table that the documentation shows."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.machines import costs
from tests.bench.machines.__main__ import results, shown
from tests.bench.machines.layouts import Layout, best, share_of_the_busiest
from tests.bench.machines.simulation import Station, simulate

MACHINES = st.integers(20, 1000)


def test_the_page_shows_what_the_simulation_prints() -> None:
    assert shown().strip() == results().strip(), "run python -m tests.bench.machines --write"


def mean_time(servers: int, rate: float, *, arrivals: int = 200_000) -> float:
    """Of a stay at a station whose services take a second on average."""
    chance, now, stays = Random(7), 0.0, 0.0
    station = Station(servers, 1.0, chance)
    for _ in range(arrivals):
        now += chance.expovariate(rate)
        stays += station.leaves(now) - now
    return stays / arrivals


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_a_station_with_one_server_is_as_slow_as_theory_says(load: float) -> None:
    """M/M/1: the mean stay is 1 / (1 - load) services."""
    assert mean_time(1, load) == pytest.approx(1 / (1 - load), rel=0.05)


def test_two_servers_with_one_line_are_as_slow_as_theory_says() -> None:
    """M/M/2: 1 / (1 - load²) services."""
    assert mean_time(2, 2 * 0.7) == pytest.approx(1 / (1 - 0.7**2), rel=0.05)


@given(MACHINES, st.integers(1, 64), st.integers(0, 3))
def test_no_part_is_fuller_than_it_may_be(machines: int, shards: int, replicas: int) -> None:
    layout = Layout(machines, shards, replicas)
    limits = layout.limits()
    assert layout.of_the_busiest == limits[layout.full_first] == min(limits.values())


@given(MACHINES, st.integers(1, 63), st.integers(0, 3))
def test_another_shard_never_carries_less(machines: int, shards: int, replicas: int) -> None:
    assert Layout(machines, shards + 1, replicas).capacity >= Layout(machines, shards, replicas).capacity


@given(st.integers(1, 60))
def test_the_busiest_installation_has_at_least_its_part(installations: int) -> None:
    assert 1 / installations <= share_of_the_busiest(installations) <= 1


@pytest.mark.parametrize("machines", [100, 400])
def test_the_best_number_of_installations_is_the_best(machines: int) -> None:
    chosen = best(machines, shards=8, replicas=0)
    assert chosen.capacity >= max(
        Layout(machines, 8, 0, count).capacity
        for count in (chosen.installations - 1, chosen.installations + 1)
        if count
    )


def test_a_part_above_its_limit_keeps_everybody_waiting() -> None:
    layout = Layout(100)
    fine = simulate(layout, layout.of_the_busiest)
    too_much = simulate(layout, layout.of_the_busiest / costs.FULL * 1.2)
    assert too_much.mail > 10 * fine.mail
    assert too_much.answer < 5 * fine.answer, "the answer does not wait for the queue"
