"""docs/architecture.md and its picture name every room."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
ROOMS: Final = sorted(
    each.name
    for package in ("api_service", "notifier_service", "shared")
    for each in (ROOT / package).iterdir()
    if (each / "__init__.py").exists()
)


@pytest.mark.parametrize("document", ["architecture.md", "architecture.svg"])
def test_it_names_every_room(document: str) -> None:
    text = (ROOT / "docs" / document).read_text("utf-8")
    named = set(re.findall(r"(\w+)/", text))
    assert not {*ROOMS} - named
