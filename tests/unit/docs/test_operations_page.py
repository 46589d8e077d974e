"""docs/operations.md lists every metric once, with its labels, and no other."""

import re
from importlib import import_module
from typing import Final

from prometheus_client import REGISTRY

from tests.support.repository import DOCS

PAGE: Final = DOCS / "operations.md"
MODULES: Final = ("api_service.cli", "notifier_service.cli")


def rows() -> list[tuple[list[str], set[str]]]:
    """The names and the labels of each row of the table."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `punctual_")]
    cells = [line.strip("|").split("|") for line in lines]
    return [
        (
            [name.removesuffix("_total") for name in re.findall(r"`(punctual_\w+)`", names)],
            set(re.findall(r"\w+", labels)),
        )
        for names, labels, *_ in cells
    ]


def test_it_lists_every_metric_once() -> None:
    for module in MODULES:
        import_module(module)
    listed = sorted(name for names, _ in rows() for name in names)
    there = sorted(metric.name for metric in REGISTRY.collect() if metric.name.startswith("punctual_"))
    assert listed == there


def test_it_names_the_labels_of_each_metric() -> None:
    for module in MODULES:
        import_module(module)
    listed = {name: labels for names, labels in rows() for name in names if not name.endswith("_max")}
    samples = [
        (metric.name, set(sample.labels) - {"le"})
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if metric.name in listed
    ]
    assert [(name, labels) for name, labels in samples if labels != listed[name]] == []
