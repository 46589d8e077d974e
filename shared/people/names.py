"""Decides which text may be a person's name, or a message to us: every real script, and nothing that manipulates a
page. Pure.

Real names contain invisible characters: joiners (Persian, Malayalam, emoji), variation selectors (Japanese), direction
marks (Arabic, Hebrew), break hints (Khmer). All of those stay. Refused are controls, lone surrogates, line and
paragraph separators, and all that changes the direction or the meaning of the text around it.
"""

import re
import unicodedata
from typing import Final

LONGEST_NAME: Final = 200
_FLAG: Final = "\U0001f3f4[\U000e0020-\U000e007e]{1,30}\U000e007f"
"""The flag of a region: a black flag and tags (Unicode UTS #51). Elsewhere, tags hide text."""
_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_DIRECTION: Final = r"\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates. The marks LRM, RLM and ALM are not among them: each acts like one invisible
letter."""
_OTHERS: Final = r"\u206a-\u206f\ufff9-\ufffb\ufffe\uffff\ufdd0-\ufdef\U000e0000-\U000e007f"
"""Deprecated formats, annotations, noncharacters, tags."""
_REFUSED: Final = rf"{_CONTROLS}\r\u2028\u2029{_DIRECTION}{_OTHERS}"
_REFUSED_IN_LINE: Final = re.compile(rf"{_FLAG}|([{_REFUSED}\t\n])")
_REFUSED_IN_PROSE: Final = re.compile(rf"{_FLAG}|([{_REFUSED}])")
_SPACE: Final = re.compile(r"[\s\ufeff]+")
_UNSEEN: Final = frozenset({"Cf", "Mn", "Me", "Zs"})


def line(text: str) -> str:
    r"""The text as one line: white space becomes single spaces, none at the ends; "" when nothing is visible.

    Raises ValueError for refused characters.

    >>> line(" Ada\u00a0 \u3000Weber ")
    'Ada Weber'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    if any(found[1] for found in _REFUSED_IN_LINE.finditer(text)):
        raise ValueError("must be one line without characters that control how text is shown")
    return _seen(_SPACE.sub(" ", text).strip(" "))


def prose(text: str) -> str:
    r"""The text in any number of lines. Line feeds, tabs and spaces stay, except at its ends; "" when nothing is
    visible.

    Raises ValueError for refused characters.

    >>> prose("first\nsecond ")
    'first\nsecond'
    """
    if any(found[1] for found in _REFUSED_IN_PROSE.finditer(text)):
        raise ValueError("must not contain characters that control how text is shown")
    return _seen(text.strip())


def claimed(name: object) -> str | None:
    """A name from an identity provider, without the refused characters. None when nothing is left, or it is too long:
    clients cannot change their token, so a name must not keep them out."""
    if not isinstance(name, str):
        return None
    kept = _REFUSED_IN_LINE.sub(lambda found: (" " if found[1].isspace() else "") if found[1] else found[0], name)
    usable = line(kept)
    return usable if 0 < len(usable) <= LONGEST_NAME else None


def _seen(text: str) -> str:
    """The text; "" when all of it is invisible."""
    return text if any(unicodedata.category(character) not in _UNSEEN for character in text) else ""
