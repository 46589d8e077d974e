"""Finds a person in texts that people wrote. Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from shared.people.addresses import spellings

SHORTEST: Final = 4
"""Characters: a shorter name, or a number, stands in too many words that mean somebody else."""
ERASED: Final = "erased"


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
        known = {spelling for text in (client_id, *texts) if text for spelling in (text, *spellings(text))}
        whole = sorted(text for text in known if len(text) >= SHORTEST)
        words = "|".join(map(re.escape, whole))
        quoted = f'"{re.escape(client_id)}"'
        in_bytes = {spelling for text in whole for spelling in (text, *_in_json(text))}
        return cls(client_id, rf"(?<!\w)(?:{words})(?!\w)|{quoted}" if whole else quoted, sorted(in_bytes))

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


def _in_json(text: str) -> Iterable[str]:
    """The two common spellings of a text within a JSON string: escaped as little as possible, and in ASCII.

    >>> sorted(_in_json('pat"\u00e9'))
    ['pat\\\\"\\\\u00e9', 'pat\\\\"\u00e9']
    """
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
