"""Turns what operators type into what the database can look for. Pure."""

import re
from typing import Final
from uuid import UUID

_ID_DIGITS: Final = 32
_BEGINNING: Final = re.compile(r"[0-9a-fA-F]{1,32}")


def pattern(text: str | None) -> str | None:
    """Text as a LIKE pattern that means itself.

    >>> pattern("100%")
    '100\\\\%'
    """
    if text is None:
        return None
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def id_range(prefix: str) -> tuple[UUID, UUID]:
    """The first and the last id that begin so; hyphens do not matter. Raises ValueError.

    >>> [str(end)[:13] for end in id_range("0199-a")]
    ['0199a000-0000', '0199afff-ffff']
    """
    digits = prefix.replace("-", "")
    if not _BEGINNING.fullmatch(digits):
        raise ValueError("is not the beginning of an id")
    return UUID(digits.ljust(_ID_DIGITS, "0")), UUID(digits.ljust(_ID_DIGITS, "f"))
