"""The notes of a release are its section of CHANGELOG.md."""

import pytest

from deploy.release.notes import notes
from tests.support.repository import ROOT

CHANGELOG = """# Changelog

Introduction.

## Unreleased

{}

## [0.2.0] - 2026-11-26

- Two.

## 0.1.0 - 2026-11-25
- One.
"""


@pytest.mark.parametrize(("version", "said"), [("0.2.0", "- Two."), ("0.1.0", "- One."), ("0.3.0", "- Three.")])
def test_a_version_has_its_own_section_or_what_is_unreleased(version: str, said: str) -> None:
    assert notes(CHANGELOG.format("- Three."), version) == f"# Punctual {version}\n\n{said}\n"


def test_a_release_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing under"):
        notes(CHANGELOG.format(""), "0.3.0")


def test_our_own_changelog_has_notes() -> None:
    assert "### Added" in notes((ROOT / "CHANGELOG.md").read_text("utf-8"), "9.9.9")
