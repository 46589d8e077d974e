"""A mail's text, compiled: what every mail says alike is encoded once, and only lines with values in them each time.

Quoted-printable (RFC 2045 §6.7) begins anew with each line: lines that were encoded apart are the text encoded whole.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from notifier_service.channels.email.quoted_printable import quoted

# private-use characters, which our templates and wordings have none of
_MARK: Final = "\ue000{}\ue001"
_MARKED: Final = re.compile("\ue000([0-9]+)\ue001")
_SEPARATOR: Final = "~ ~\n"
"""A line of its own between lines that are encoded together."""
_ENCODED_SEPARATOR: Final = b"~ ~\r\n"
_LINE: Final = re.compile("[^\n]*\n")


def mark(slot: int) -> str:
    """What stands in a text for the value of that number."""
    return _MARK.format(slot)


class MailTemplate:
    """Made from a text with marks."""

    def __init__(self, text: str) -> None:
        """`text` has "\\n" line ends."""
        self._pieces: list[bytes] = []
        self._filled: list[tuple[int, _Lines]] = []  # with the place that each takes among the pieces
        for has_slots, group in groupby(_LINE.findall(text), lambda line: bool(_MARKED.search(line))):
            lines = "".join(group)
            if has_slots:
                self._filled.append((len(self._pieces), _Lines.of(lines)))
            self._pieces.append(b"" if has_slots else quoted(lines))

    def fill(self, values: Sequence[str]) -> bytes:
        """Encoded, with a value a slot; the values may have "\\n" in them, and no other line ends."""
        filled = [lines.text % lines.values_of(values) for _, lines in self._filled]
        encoded = quoted(_SEPARATOR.join(filled)).split(_ENCODED_SEPARATOR)  # one call costs as much as a few lines
        if len(encoded) != len(filled):  # a value has the separator in it
            encoded = [quoted(lines) for lines in filled]
        pieces = self._pieces.copy()
        for (place, _), lines in zip(self._filled, encoded, strict=True):
            pieces[place] = lines
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines that all have slots: as a text of the % operator, and what picks its values."""

    text: str
    values_of: Callable[[Sequence[str]], object]

    @classmethod
    def of(cls, lines: str) -> "_Lines":
        slots = [int(slot) for slot in _MARKED.findall(lines)]
        return cls(_MARKED.sub("%s", lines.replace("%", "%%")), itemgetter(*slots))
