"""Finds a person in texts that people wrote. Pure."""

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
    to case. `texts`: the same, to be looked for in bytes."""

    client_id: str
    pattern: str
    texts: Sequence[str]

    @classmethod
    def of(cls, client_id: str, texts: Iterable[str | None]) -> Self:
        """The id counts between quotes, as in JSON; it and each text count as whole words, if they are long enough.

        >>> found = Mentions.of("7", ["Ada", "Ada Lovelace"])
        >>> [bool(re.search(found.pattern, text)) for text in ('{"clientId":"7"}', "7 mails", "Ada", "Ada Lovelace!")]
        [True, False, False, True]
        """
        known = {spelling for text in (client_id, *texts) if text for spelling in (text, *spellings(text))}
        whole = sorted(text for text in known if len(text) >= SHORTEST)
        words = "|".join(map(re.escape, whole))
        quoted = f'"{re.escape(client_id)}"'
        return cls(client_id, rf"(?<!\w)(?:{words})(?!\w)|{quoted}" if whole else quoted, whole)

    def without(self, value: Any, stand_in: str) -> Any:
        """A JSON value with another id for the person's, and without texts that name the person."""
        if isinstance(value, dict):
            return {name: self.without(each, stand_in) for name, each in value.items()}
        if isinstance(value, list):
            return [self.without(each, stand_in) for each in value]
        if value == self.client_id:
            return stand_in
        if isinstance(value, str) and re.search(self.pattern, f'"{value}"', re.IGNORECASE):
            return ERASED
        return value
