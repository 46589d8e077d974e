"""Results in their file, the tables and the page that are made of them."""

import json
from pathlib import Path

import pytest

from tests.bench import tables
from tests.bench.calm import Beside
from tests.bench.phases.drain import steady_rate
from tests.bench.plan import groups, steps
from tests.bench.report import NOTHING, page
from tests.bench.results import Results, Sample, rounded
from tests.bench.setups import of_contenders
from tests.bench.targets import BOUNDS, Bound, of
from tests.support.repository import DOCS

CALM = Beside(20.0, 20.0, 0.0)


def sample(phase: str, name: str, number: int = 0, *, beside: Beside = CALM, **figures: float) -> Sample:
    cpu = {"api": 0.1, "worker": 0.2, "broker": 0.1, "database": 0.1, "load": 5.0, "mail server": 5.0, "strangers": 9.0}
    return Sample(phase, name, number, figures, cpu, beside, 1, 1.0, "2026-11-26T00:00:00+00:00")


@pytest.fixture
def results() -> Results:
    machine = {"cores": "2", "processor": "a processor", "python": "3.11", "linux": "6"}
    return Results("code", machine, best=20.0)


def test_a_run_goes_on_with_the_results_of_its_file(results: Results, tmp_path: Path) -> None:
    results.add(sample("post", "Punctual", rate=100.0))
    results.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == results


def test_no_file_and_one_of_another_version_are_no_results(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert Results.load(file) is None
    results.save(file)
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"version": 0}), "utf-8")
    assert Results.load(file) is None


def test_a_step_that_is_measured_again_replaces_its_sample(results: Results) -> None:
    results.add(sample("post", "Punctual", rate=1.0))
    results.add(sample("post", "Punctual", rate=2.0))
    assert results.figures("post", "Punctual", "rate") == {0: 2.0}


def test_the_cpu_of_clients_and_strangers_is_in_no_sum(results: Results) -> None:
    results.add(sample("post", "Punctual", rate=1.0))
    together = tables.cpu(results).splitlines()[2].split("|")[6].strip()
    assert together == "0.50"


def test_figures_are_kept_with_six_digits() -> None:
    assert rounded({"a": [1.23456789, 1234567.8], "n": 3}) == {"a": [1.23457, 1234570.0], "n": 3}


def test_a_bound_is_judged_by_the_median_of_the_rounds_ratios(results: Results) -> None:
    for number, (ours, theirs) in enumerate([(10.0, 5.0), (90.0, 10.0), (21.0, 10.0)]):
        results.add(sample("post", "Punctual", number, rate=ours))
        results.add(sample("post", "Celery", number, rate=theirs))
    verdict = Bound("POST/s", of("post", "rate"), "≥", 2.1, theirs="Celery").verdict(results)
    assert (verdict.value.median, verdict.reached) == (2.1, True)
    assert Bound("POST/s", of("post", "rate"), "≤", 2.0, theirs="Celery").verdict(results).reached is False


def test_a_bound_without_figures_is_not_judged(results: Results) -> None:
    assert {bound.verdict(results).reached for bound in BOUNDS} == {None}


def test_every_target_is_of_a_phase_and_a_setup_that_a_run_measures() -> None:
    """Else a row could never be filled."""
    planned = steps(groups(), [name for group in groups() for name in group.phases], of_contenders(["all"]), 1)
    names = {step.setup.name for step in planned}
    assert {each for bound in BOUNDS for each in (bound.ours, bound.theirs) if each} <= names


def test_the_page_says_which_parts_were_not_measured(results: Results) -> None:
    results.add(sample("second", "Punctual", last_p50=1.0, last_most=2.0))
    text = page(results)
    assert text.count(NOTHING) >= 5
    assert "| the same, the worst second | 2.0 |" in text
    assert "$" not in text


def test_the_page_names_phases_whose_machine_was_not_calm(results: Results) -> None:
    results.add(sample("wal", "Punctual", beside=Beside(20, 20, 0.5), bytes=1.0, images=2.0))
    assert "not calm in 1 of 1 phases" in page(results)
    assert "wal (Punctual)" in page(results)


def test_the_page_in_docs_is_the_one_that_its_results_make() -> None:
    results = Results.load(DOCS / "benchmarks.json")
    if results is None:
        pytest.skip("docs/benchmarks.json is not there yet: `make bench-report` writes it")
    assert (DOCS / "benchmarks.md").read_text("utf-8") == page(results), "make bench-report"


def test_a_steady_rate_needs_two_moments() -> None:
    assert steady_rate([1.0, 2.0, 3.0]) == 1.0
    assert str(steady_rate([1.0])) == "nan"
