"""The steps of a run."""

from pathlib import Path

import pytest

from tests.bench.plan import expected, groups, quick_groups, steps
from tests.bench.setups import of_checkout, of_contenders


def test_every_group_has_names_of_its_own() -> None:
    names = [name for group in groups() for name in group.phases]
    assert len(names) == len(set(names))


def test_a_full_run_has_no_step_twice_and_leaves_out_what_must_be_named() -> None:
    planned = steps(groups(), (), of_contenders(["all"]), 3)
    assert len({step.key for step in planned}) == len(planned)
    assert "history10" not in {step.group for step in planned}
    assert "history10" in {step.group for step in steps(groups(), ["history10"], of_contenders(["all"]), 1)}


def test_each_round_has_another_order() -> None:
    planned = steps(groups(), ["post"], of_contenders(["core"]), 3)
    firsts = [next(step.setup.name for step in planned if step.round == number) for number in range(3)]
    assert len(set(firsts)) == 3


def test_the_phases_of_one_contender_follow_each_other_so_that_it_is_started_once() -> None:
    planned = steps(groups(), ["post", "drain"], of_contenders(["quick"]), 1)
    assert [step.setup.name for step in planned[::2]] == [step.setup.name for step in planned[1::2]]


def test_a_quick_run_is_planned_for_less_than_four_minutes() -> None:
    planned = steps(quick_groups(), (), of_contenders(["quick"]), 1)
    assert sum(expected(planned)) < 200
    assert {step.setup.name for step in planned} == {"Punctual", "Celery", "by hand, mails prebuilt"}


def test_unknown_names_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no such phase: swim; there are post"):
        steps(groups(), ["swim"], (), 1)
    with pytest.raises(ValueError, match="no such contender: Nobody; there are Punctual"):
        of_contenders(["Nobody"])


def test_another_checkout_is_measured_like_a_contender(tmp_path: Path) -> None:
    scripts = tmp_path / ".venv" / "bin"
    scripts.mkdir(parents=True)
    with pytest.raises(ValueError, match="no api-service there"):
        of_checkout(tmp_path)
    (scripts / "api-service").touch()
    setup = of_checkout(tmp_path)
    assert setup.contender.api(1)[2] == scripts / "api-service"
    planned = steps(quick_groups(), (), [*of_contenders(["quick"]), setup], 1)
    assert {step.group for step in planned if step.setup == setup} == {"post", "latency50", "latency500", "drain"}
