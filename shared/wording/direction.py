"""Says in which direction a locale is written, by its script. Pure.

Babel's own answer reads all of a locale's data, more than a megabyte of memory for each language that a clinic offers.
"""

from typing import Final

from babel import Locale
from babel.core import get_global

from shared.wording.bidi import Direction

_RIGHT_TO_LEFT: Final = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
"""Scripts of living languages that are written from right to left (ISO 15924)."""


def direction_of(locale: Locale) -> Direction:
    """The direction of a locale that CLDR knows. A script that it does not name is its language's likely one."""
    script = locale.script or _likely_script(locale)
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


def _likely_script(locale: Locale) -> str | None:
    """By CLDR's likely subtags, such as "pa_Arab_PK" for "pa_PK"."""
    likely = get_global("likely_subtags")
    names = (f"{locale.language}_{locale.territory}", locale.language)
    found = next((likely[name] for name in names if name in likely), "")
    _, *subtags = found.split("_")
    return subtags[0] if subtags else None
