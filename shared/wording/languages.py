"""Finds the language of a client: RFC 4647 lookup in the languages that the clinic offers. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from babel import Locale, localedata

from shared.wording.direction import direction_of
from shared.wording.language import Language
from shared.wording.text import Text

_HOME: Final = {"en": "en_GB", "pt": "pt_PT"}
"""The region whose formats a language has where the client names none; else CLDR's own: for these the Americas."""
_TERRITORY: Final = re.compile(r"[a-z]{2}|[0-9]{3}")


class Languages:
    def __init__(self, texts: Mapping[str, Mapping[str, Text]], default: str) -> None:
        """`texts`: by language tag and key. `default`: the tag of the language for those who read none of them."""
        self._texts = texts
        self._by_lower = {tag.lower(): tag for tag in texts}
        self._default = default
        self.of = lru_cache(maxsize=1024)(self._of)

    @property
    def tags(self) -> Sequence[str]:
        return tuple(self._texts)

    def texts(self, tag: str) -> Mapping[str, Text]:
        """The texts of a language by key. Raises KeyError."""
        return self._texts[tag]

    def _of(self, tag: str) -> Language:
        """The language of a client's locale, such as "de-AT" or "fr_CA"; the default where it names none of ours."""
        subtags = tag.replace("_", "-").lower().split("-")
        found = next(filter(None, map(self._by_lower.get, ranges(subtags))), None)
        if found is None:
            return self._language(self._default, ())
        return self._language(found, subtags)

    def _language(self, tag: str, subtags: Sequence[str]) -> Language:
        locale = _locale(tag, subtags)
        return Language(tag, str(locale), direction_of(locale), self._texts[tag])


def ranges(subtags: Sequence[str]) -> Iterator[str]:
    """The tag, and shorter ones without its last subtags; none ends with a single letter or digit (RFC 4647 §3.4)."""
    for length in range(len(subtags), 0, -1):
        if length == 1 or len(subtags[length - 1]) > 1:
            yield "-".join(subtags[:length])


def _locale(tag: str, subtags: Sequence[str]) -> Locale:
    """The locale for the formats of the language `tag`: of the client's region where CLDR knows it."""
    locale = Locale.parse(tag, sep="-")
    if locale.territory is not None:
        return locale
    for territory in filter(_TERRITORY.fullmatch, subtags[1:]):
        name = f"{locale!s}_{territory.upper()}"
        if localedata.exists(name):
            return Locale.parse(name)
    return Locale.parse(_HOME.get(tag, str(locale)))
