"""A mail's text, compiled: all that mails say alike is encoded once, and the values of each mail are put between.

Each value begins a line of the encoded text, behind a soft break (RFC 2045 §6.7) where its text goes on in one line. So
values are encoded apart from the text around them, and one that many mails have only once.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, Self

from notifier_service.channels.email.quoted_printable import SOFT_BREAK, quoted

# private-use characters, which our templates and wordings have none of
_MARK: Final = "\ue000{}\ue001"
_MARKED: Final = re.compile("\ue000([0-9]+)\ue001")
_ENCODED_SPACE: Final = b"=20"


def mark(slot: int) -> str:
    """What stands in a text for the value of that number."""
    return _MARK.format(slot)


class MailTemplate:
    def __init__(self, texts: Sequence[str], slots: Sequence[int]) -> None:
        """`texts` have "\\n" line ends; between them stand the values of the `slots`, one fewer than texts."""
        last = len(texts) - 1
        pieces = [_piece(each, is_first=not at, is_last=at == last) for at, each in enumerate(texts)]
        self._template = b"%b".join(each.replace(b"%", b"%%") for each in pieces)
        self._pick = _picker(slots)

    @classmethod
    def marked(cls, text: str) -> Self:
        """Of a text with marks."""
        found = _MARKED.split(text)
        return cls(found[::2], [int(slot) for slot in found[1::2]])

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Encoded, with a value a slot, which is encoded already (quoted_printable.quoted_value)."""
        return self._template % self._pick(values)


def _piece(text: str, *, is_first: bool, is_last: bool) -> bytes:
    """The encoded text between two values, or before the first or behind the last."""
    before, behind = b"", b""
    if not is_first:
        before = b"\r\n" if text.startswith("\n") else SOFT_BREAK if text or not is_last else b""
        text = text.removeprefix("\n")
    if not text or text.endswith("\n"):
        return before + quoted(text)
    encoded = quoted(text + "\n")[:-2]
    if not is_last:
        behind = SOFT_BREAK
        if encoded.endswith(_ENCODED_SPACE):  # no end of a line of the text
            encoded = encoded.removesuffix(_ENCODED_SPACE) + b" "
    return before + encoded + behind


def _picker(slots: Sequence[int]) -> Callable[[Sequence[bytes]], tuple[Any, ...]]:
    """The values of these slots, in their order."""
    if len(slots) > 1:
        return itemgetter(*slots)
    return lambda values: tuple(values[slot] for slot in slots)
