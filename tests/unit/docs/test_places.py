"""The documents name files that are there; `NAME` in a path stands for a name that the reader chooses."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
DOCUMENTS: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
NAMED: Final = re.compile(r"`((?:api_service|notifier_service|shared|deploy|tests)/[\w./-]*\.\w+)`")
LINKED: Final = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_whatever_a_document_names_or_links_to_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    missing = [name for name in NAMED.findall(text) if "/NAME/" not in name and not (ROOT / name).exists()]
    missing += [link for link in LINKED.findall(text) if not (document.parent / link).exists()]
    assert not missing
