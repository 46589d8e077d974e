"""docs/operations.md lists every metric that there is, and no other."""

import re
from importlib import import_module

from prometheus_client import REGISTRY

from tests.support.repository import DOCS

PAGE = DOCS / "operations.md"
MODULES = ("api_service.cli", "notifier_service.cli")


def test_it_lists_every_metric() -> None:
    for module in MODULES:
        import_module(module)
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `punctual_")]
    listed = {name.removesuffix("_total") for row in rows for name in re.findall(r"`(punctual_\w+)`", row)}
    there = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("punctual_")}
    assert listed == there
