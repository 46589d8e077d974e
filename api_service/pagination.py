"""Keyset pages: a cursor names the last row that was seen, so that inserts move nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from aiohttp import web

from api_service.problems import Fault, Problem, invalid

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list was asked for: at most `limit` rows, those after (`moment`, `id`) in its order."""

    limit: int
    moment: datetime | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NamePage:
    """The same of a list in the order of (`name`, `id`)."""

    limit: int
    name: str | None = None
    id: str | None = None


def page_of(request: web.Request) -> Page:
    """The page in the query. Raises Problem 422."""
    limit, seen = _limit(request), _last_seen(request)
    if seen is None:
        return Page(limit)
    try:
        return Page(limit, _instant(seen[0]), UUID(seen[1]))
    except (ValueError, OverflowError):
        raise _no_cursor() from None


def name_page_of(request: web.Request) -> NamePage:
    """The page in the query. Raises Problem 422."""
    limit, seen = _limit(request), _last_seen(request)
    if seen is None:
        return NamePage(limit)
    if not all(text.isprintable() for text in seen):
        raise _no_cursor()
    return NamePage(limit, *seen)


def listing(
    rows: Sequence[T],
    page: Page | NamePage,
    key: Callable[[T], tuple[datetime | str, UUID | str]],
    shown: Callable[[T], Any],
) -> dict[str, Any]:
    """The answer of a list. `rows` were read with one more than the limit, so that the end is known."""
    items = rows[: page.limit]
    more = len(rows) > page.limit
    return {"items": [shown(row) for row in items], "nextCursor": _cursor(*key(items[-1])) if more else None}


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    # short, since turning thousands of digits into a number takes its time
    if len(text) > 9 or not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise invalid(Fault("?limit", f"must be a number from 1 to {MAX_LIMIT}"))
    return int(text)


def _cursor(first: datetime | str, row_id: UUID | str) -> str:
    text = first if isinstance(first, str) else first.isoformat()
    return base64.urlsafe_b64encode(orjson.dumps([text, str(row_id)])).decode()


def _last_seen(request: web.Request) -> tuple[str, str] | None:
    """What the cursor names: the first words of the last row's place, and its id."""
    cursor = request.query.get("cursor")
    if not cursor:
        return None
    try:
        first, row_id = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise _no_cursor() from None
    if not isinstance(first, str) or not isinstance(row_id, str):
        raise _no_cursor()
    return first, row_id


def _no_cursor() -> Problem:
    return invalid(Fault("?cursor", "is not one that this API gave"))


def moment_in_query(request: web.Request, name: str) -> datetime | None:
    """An RFC 3339 instant, with its offset. Raises Problem 422."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        return _instant(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise invalid(Fault(f"?{name}", "must be an RFC 3339 instant such as 2027-01-05T14:00:00Z")) from None


def _instant(text: str) -> datetime:
    """Raises ValueError without an offset, OverflowError outside the calendar."""
    if not text.isprintable():
        raise ValueError("a NUL at its end would be overlooked")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant has an offset")
    return moment.astimezone(UTC)


def choice_in_query(request: web.Request, name: str, allowed: Sequence[str]) -> str | None:
    """One of `allowed`. Raises Problem 422."""
    value = request.query.get(name)
    if not value:
        return None
    if value not in allowed:
        raise invalid(Fault(f"?{name}", f"must be one of {', '.join(allowed)}"))
    return value
