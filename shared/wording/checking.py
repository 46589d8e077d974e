"""Checks the texts of a language against those of English: the same keys, no value that nobody gives. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from babel import Locale

from shared.wording.direction import direction_of
from shared.wording.source import Entry, WordingFault
from shared.wording.text import Text, Unusable, compiled

_SAMPLE: Final = "x"
Variables = Mapping[str, frozenset[str]]
"""The variables of each text, by key."""


def checked(
    tag: str, source: Mapping[str, Entry], expected: Variables, faults: list[WordingFault], *, is_new: bool = False
) -> Mapping[str, Text]:
    """The texts of a language, compiled. Appends to `faults` what is wrong. A text that replaces one of ours may leave
    a value out; in a language that `is_new` that is a slip."""
    locale = Locale.parse(tag, sep="-")
    direction = direction_of(locale)
    texts: dict[str, Text] = {}
    for key, entry in source.items():
        if key.startswith("-"):
            continue
        try:
            text = compiled(entry, source, locale, direction)
        except Unusable as error:
            faults.append(entry.fault(str(error)))
            continue
        texts[key] = text
        faults += _differences(entry, text, expected, is_new=is_new)
    file = next(iter(source.values())).file if source else f"{tag}.ftl"
    missing = [key for key in expected if key not in source]
    faults += [WordingFault(file, 1, f"{key} is missing, and {tag} has no other text for it") for key in missing]
    return texts


def _differences(entry: Entry, text: Text, expected: Variables, *, is_new: bool) -> Iterator[WordingFault]:
    if entry.key not in expected:
        yield entry.fault("there is no such text")
        return
    known = ", ".join(f"${name}" for name in sorted(expected[entry.key])) or "none"
    for name in sorted(text.variables - expected[entry.key]):
        yield entry.fault(f"uses ${name}, which this text does not get; it gets: {known}")
    for name in sorted(expected[entry.key] - text.variables) if is_new else ():
        yield entry.fault(f"does not use ${name}")
    if not text.fill(dict.fromkeys(text.variables, _SAMPLE)):
        yield entry.fault("is empty")
