"""Finds a person in texts that people wrote. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from shared.people.addresses import spellings

SHORTEST: Final = 4
"""Characters: a shorter name, or a number, stands in too many words that mean somebody else."""
SHORTEST_WIDE: Final = 2
"""The same of Chinese, Japanese and Korean names: a whole one has two to four characters."""
ERASED: Final = "erased"
_BEFORE: Final = r"(?<!(?!_)\w)"
_AFTER: Final = r"(?!(?!_)\w)"
"""A name may stand between underscores, which mark words in many editors."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """`pattern` matches a text that names the person: for PostgreSQL's and Python's regular expressions, without regard
    to case. `texts`: the same, to be looked for in bytes, also as they are spelt in JSON."""

    client_id: str
    pattern: str
    texts: Sequence[str]

    @classmethod
    def of(cls, client_id: str, texts: Iterable[str | None]) -> Self:
        """The id counts alone between quotes, which the caller puts around a string of JSON once it is decoded; the id
        and each text count as whole words, if they are long enough.

        >>> found = Mentions.of("7", ["Ada", "Ada Lovelace"])
        >>> [bool(re.search(found.pattern, text)) for text in ('{"clientId":"7"}', "7 mails", "Ada", "Ada Lovelace!")]
        [True, False, False, True]
        """
        known = {spelling for text in (client_id, *texts) if text for spelling in _spellings(text)}
        whole = sorted(text for text in known if len(text) >= _shortest(text))
        quoted = f'"{re.escape(client_id)}"'
        in_bytes = {spelling for text in whole for spelling in (text, *_in_json(text))}
        return cls(client_id, "|".join([*map(_as_word, whole), quoted]), sorted(in_bytes))

    def without(self, value: Any, stand_in: str) -> Any:
        """A JSON value with another id for the person's, and without texts that name the person."""
        if isinstance(value, dict):
            return {self.without(name, stand_in): self.without(each, stand_in) for name, each in value.items()}
        if isinstance(value, list):
            return [self.without(each, stand_in) for each in value]
        if value == self.client_id:
            return stand_in
        if isinstance(value, str) and re.search(self.pattern, f'"{value}"', re.IGNORECASE):
            return ERASED
        return value


def _spellings(text: str) -> set[str]:
    """A text as keyboards and systems write it: composed and decomposed (Unicode normal forms), "ß" as "ss", and as an
    address."""
    forms = {unicodedata.normalize(form, each) for each in (text, text.casefold()) for form in ("NFC", "NFD")}
    return {text, *forms, *spellings(text)}


def _shortest(text: str) -> int:
    """
    >>> _shortest("Li"), _shortest("王伟"), _shortest("김민수")
    (4, 2, 2)
    """
    is_wide = all(unicodedata.east_asian_width(each) == "W" for each in text if each.isalpha())
    return SHORTEST_WIDE if is_wide and any(map(str.isalpha, text)) else SHORTEST


def _as_word(text: str) -> str:
    """Matches a text that does not go on in the middle of a word. Scripts without case part words in other ways than by
    spaces (Chinese, Thai), or write small words together with the next (Arabic, Hebrew, Korean): there anything may
    stand beside it."""
    before = _BEFORE if _is_parted(text[0]) else ""
    return before + re.escape(text) + (_AFTER if _is_parted(text[-1]) else "")


def _is_parted(character: str) -> bool:
    return not unicodedata.category(character).startswith(("Lo", "M"))


def _in_json(text: str) -> Iterable[str]:
    """The two common spellings of a text within a JSON string: escaped as little as possible, and in ASCII.

    >>> sorted(_in_json('pat"\u00e9'))
    ['pat\\\\"\\\\u00e9', 'pat\\\\"\u00e9']
    """
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
