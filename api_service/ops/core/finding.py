"""Finds jobs, appointments, clients and doctors by an id, or by a part of one (sql/finding.sql)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api_service.ops.core.searching import id_range
from shared.database import Executor
from shared.database.rows import Row, mapped
from shared.database.sql_file import statements

MOST: Final = 10
"""Of each that are shown."""
LEAST_BEGINNING: Final = 4
"""Characters of the id of a client or doctor that are worth a search."""
_MOST_KEYS: Final = 2_000
"""Stretches of three days that are looked at, the newest ones: sixteen years."""
_SQL: Final = statements("api_service.ops.core.sql", "finding.sql")
_SHORT: Final = re.compile(r"[0-9a-f]{8}")
_BEGINNING: Final = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]){0,24}-?")
_FIRST_DIGITS: Final = 5
_LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """`what`: job, appointment, client or doctor. `about`: a job's kind, an appointment's date, a doctor's name."""

    what: str
    id: str
    about: str


async def by_id(executor: Executor, text: str) -> Sequence[Found]:
    """What has exactly this id; several where a client or doctor has the id of something else."""
    try:
        as_uuid = UUID(text)
    except ValueError:
        as_uuid = None
    return _found(await executor.fetch(_SQL["by_id"], text, as_uuid))


async def by_part(executor: Executor, text: str) -> Sequence[Found]:
    """Jobs and appointments whose ids end or begin with these digits (eight, or more of the beginning); clients and
    doctors whose ids begin with this text. At most MOST of each."""
    digits, found = text.lower(), list[Found]()
    if _SHORT.fullmatch(digits):
        found += await _by_last_digits(executor, digits)
    if _BEGINNING.fullmatch(digits):
        first, last = id_range(digits)
        found += _found(await executor.fetch(_SQL["by_first_digits"], first, last, MOST))
    if len(text) >= LEAST_BEGINNING and " " not in text:
        found += _found(await executor.fetch(_SQL["by_beginning"], text, text + _LAST_CHARACTER, MOST))
    return list(dict.fromkeys(found))


async def _by_last_digits(executor: Executor, digits: str) -> Sequence[Found]:
    [ends] = await executor.fetch(_SQL["ends"])
    keys = [keys_between(ends[f"first_{name}"], ends[f"last_{name}"], digits) for name in ("job", "appointment")]
    return _found(await executor.fetch(_SQL["by_last_digits"], *keys, MOST, digits))


def keys_between(first: UUID | None, last: UUID | None, digits: str) -> Sequence[str]:
    """The keys that ids from `first` to `last` have in the index of short ids if they end with these digits, the newest
    first.

    >>> keys_between(UUID("019a2fff" + 24 * "0"), UUID("019a4000" + 24 * "0"), "0123abcd")
    ['019a40123abcd', '019a30123abcd', '019a20123abcd']
    """
    if first is None or last is None:
        return []
    oldest, newest = (int(str(end)[:_FIRST_DIGITS], 16) for end in (first, last))
    oldest = max(oldest, newest - _MOST_KEYS + 1)
    return [f"{place:0{_FIRST_DIGITS}x}{digits}" for place in range(newest, oldest - 1, -1)]


def _found(rows: Sequence[Row]) -> Sequence[Found]:
    return [mapped(Found, row) for row in rows]
