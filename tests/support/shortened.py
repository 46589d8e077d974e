"""Shortens a table of tests for `make test`; `make test-all` runs every row."""

from collections.abc import Sequence
from typing import Any

import pytest


def shortened(rows: Sequence[Any], *, to: int) -> list[Any]:
    """All rows, for `pytest.mark.parametrize`; those beyond the first `to`, which only vary them, are marked slow."""
    return [*rows[:to], *(pytest.param(row, marks=pytest.mark.slow) for row in rows[to:])]
