"""Turns the text that operators type into values that the database can look for (sql/searching.sql)."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from shared.database import Database, Session
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.core.sql", "searching.sql")
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


@asynccontextmanager
async def planned_anew(database: Database) -> AsyncIterator[Session]:
    """A transaction whose statements are planned for the values that they come with."""
    async with database.transaction() as session:
        await session.execute(_SQL["plan_anew"])
        yield session
