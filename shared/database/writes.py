"""Notices when a database refuses every write, although it still answers reads."""

import re
from functools import lru_cache
from time import monotonic
from typing import Final

IN_A_ROW: Final = 3
"""Refused writes in a row, without one that was taken, that count as "refuses all"."""
FRESH: Final = 5.0
"""Seconds for which that is believed, when nobody tries again."""
_WRITES: Final = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")


@lru_cache(maxsize=1024)
def is_write(statement: str) -> bool:
    """Whether a statement changes something. Our SQL writes its keywords in capitals.

    >>> is_write("WITH gone AS (DELETE FROM jobs RETURNING 1) SELECT count(*) FROM gone"), is_write("SELECT 1")
    (True, False)
    """
    return _WRITES.search(statement) is not None


def changed(answer: object) -> bool:
    """Whether a write has changed a row, by the rows or the tag that it answered. What found nothing to change says
    nothing about a disk that is full.

    >>> changed("UPDATE 0"), changed("UPDATE 1"), changed([])
    (False, True, False)
    """
    return not answer.endswith(" 0") if isinstance(answer, str) else bool(answer)


class Writes:
    """The results of the last writes of this process."""

    def __init__(self) -> None:
        self._refused = 0
        self._at = 0.0

    def taken(self) -> None:
        self._refused = 0

    def refused(self) -> None:
        self._refused += 1
        self._at = monotonic()

    @property
    def are_taken(self) -> bool:
        """False while all writes are refused."""
        return self._refused < IN_A_ROW or monotonic() - self._at > FRESH
