"""A mail's text, compiled: what every mail says alike is encoded once, and only lines with values in them each time.

Quoted-printable (RFC 2045 §6.7) begins anew with each line: lines that were encoded apart are the text encoded whole.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from notifier_service.channels.email.quoted_printable import quoted

Prepare = Callable[[str], str]
"""Makes a value fit into the text, such as escapes it."""
# private-use characters, which our templates and wordings have none of
_MARK: Final = "\ue000{}\ue001"
_MARKED: Final = re.compile("\ue000([0-9]+)\ue001")
_SEPARATOR: Final = "~ ~\n"
"""A line of its own between lines that are encoded together."""
_ENCODED_SEPARATOR: Final = b"~ ~\r\n"
_LINE: Final = re.compile("[^\n]*\n")
_LONGEST_KEPT: Final = 200
"""Characters of a value whose line is kept for other mails: longer ones, such as reasons, are no one else's."""


def mark(slot: int) -> str:
    """What stands in a text for the value of that number."""
    return _MARK.format(slot)


class MailTemplate:
    """Made from a text with marks."""

    def __init__(self, text: str, prepare: Prepare = str, *, shared: Collection[int] = ()) -> None:
        """`text` has "\n" line ends. `shared`: the slots whose values many mails have, such as a doctor or a time;
        lines with one of them, and no other, are kept encoded."""
        self._prepare = prepare
        self._pieces: list[bytes] = []
        self._shared: list[tuple[int, str, int, str]] = []  # place among the pieces, text before, slot, text behind
        self._filled: list[tuple[int, _Lines]] = []  # with the place that each takes among the pieces
        for kind, group in groupby(_LINE.findall(text), lambda line: _kind(line, shared)):
            for lines in group if kind == "shared" else ["".join(group)]:
                self._add(kind, lines)

    def _add(self, kind: str, lines: str) -> None:
        place = len(self._pieces)
        if kind == "shared":
            before, slot, behind = _MARKED.split(lines)
            self._shared.append((place, before, int(slot), behind))
        elif kind == "filled":
            self._filled.append((place, _Lines.of(lines)))
        self._pieces.append(quoted(lines) if kind == "same" else b"")

    def fill(self, values: Sequence[str]) -> bytes:
        """Encoded, with a value a slot; the values may have "\n" in them, and no other line ends."""
        pieces, prepare = self._pieces.copy(), self._prepare
        for place, before, slot, behind in self._shared:
            value = values[slot]
            encoded = _kept if len(value) <= _LONGEST_KEPT else _encoded
            pieces[place] = encoded(prepare, before, value, behind)
        if self._filled:
            self._fill_others(pieces, values)
        return b"".join(pieces)

    def _fill_others(self, pieces: list[bytes], values: Sequence[str]) -> None:
        prepare = self._prepare
        filled = [lines.text % tuple([prepare(values[slot]) for slot in lines.slots]) for _, lines in self._filled]
        encoded = quoted(_SEPARATOR.join(filled)).split(_ENCODED_SEPARATOR)  # one call costs as much as a few lines
        if len(encoded) != len(filled):  # a value has the separator in it
            encoded = [quoted(lines) for lines in filled]
        for (place, _), lines in zip(self._filled, encoded, strict=True):
            pieces[place] = lines


def _kind(line: str, shared: Collection[int]) -> str:
    slots = [int(slot) for slot in _MARKED.findall(line)]
    if not slots:
        return "same"
    return "shared" if len(slots) == 1 and slots[0] in shared else "filled"


def _encoded(prepare: Prepare, before: str, value: str, behind: str) -> bytes:
    return quoted(f"{before}{prepare(value)}{behind}")


_kept = lru_cache(maxsize=8192)(_encoded)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines that all have slots: as a text of the % operator, with the slots of its values."""

    text: str
    slots: Sequence[int]

    @classmethod
    def of(cls, lines: str) -> "_Lines":
        slots = [int(slot) for slot in _MARKED.findall(lines)]
        return cls(_MARKED.sub("%s", lines.replace("%", "%%")), slots)
