"""Keeps the direction of a value apart from the direction of the sentence around it (Unicode UAX #9). Pure."""

import re
from typing import Final, Literal

Direction = Literal["ltr", "rtl"]

FSI: Final = "\u2068"
"""First strong isolate: the value takes the direction of its own first letter."""
PDI: Final = "\u2069"
"""Pop directional isolate: the end of the value."""
_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""Blocks of right-to-left scripts, and all that changes the direction."""


class Phrase(str):
    """A text of ours. Its values are isolated already, so it stands in other texts as it is."""

    __slots__ = ()


def isolated(value: str, direction: Direction) -> str:
    """`value` for a sentence of that direction: between FSI and PDI where it could disturb the sentence, each line of
    it by itself. In a left-to-right sentence a left-to-right value stays as it is.

    >>> isolated("Dr. Ada Weber", "ltr")
    'Dr. Ada Weber'
    >>> ascii(isolated("Dr. Ada Weber", "rtl"))
    "'\\\\u2068Dr. Ada Weber\\\\u2069'"
    """
    if isinstance(value, Phrase) or not value:
        return value
    if direction == "ltr" and (value.isascii() or not _RIGHT_TO_LEFT.search(value)):
        return value
    value = _CONTROLS.sub("", value)  # one that never ends would reach behind the value
    return FSI + value.replace("\n", f"{PDI}\n{FSI}") + PDI
