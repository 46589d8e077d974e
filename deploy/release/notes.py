"""Takes the notes of a release out of CHANGELOG.md. Pure."""

import re
from typing import Final

_HEADING: Final = re.compile(r"^## (?:\[(?P<linked>[^\]]+)\]|(?P<plain>\S+)).*$", re.MULTILINE)
UNRELEASED: Final = "Unreleased"


def notes(changelog: str, version: str) -> str:
    """The section of a version, or of what is unreleased while the version has none; under a heading of its own.

    Raises ValueError where the changelog has neither, or says nothing there.

    >>> notes("# Changelog\\n\\n## Unreleased\\n\\n### Added\\n- One.\\n\\n## 0.1.0 - 2026-11-25\\n- Zero.\\n", "0.2.0")
    '# Punctual 0.2.0\\n\\n### Added\\n- One.\\n'
    """
    headings = list(_HEADING.finditer(changelog))
    ends = [following.start() for following in headings[1:]] + [len(changelog)]
    sections = {
        heading["linked"] or heading["plain"]: changelog[heading.end() : end].strip()
        for heading, end in zip(headings, ends, strict=True)
    }
    text = sections.get(version) or sections.get(UNRELEASED)
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing under {version} or {UNRELEASED}")
    return f"# Punctual {version}\n\n{text}\n"
