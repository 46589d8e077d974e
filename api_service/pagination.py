"""Keyset pages: a cursor names the last row that was seen, so that inserts move nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from aiohttp import web

from api_service.problems import Fault, invalid

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list was asked for: at most `limit` rows, those after (`moment`, `id`) in its order."""

    limit: int
    moment: datetime | None = None
    id: UUID | None = None


def page_of(request: web.Request) -> Page:
    """The page in the query. Raises Problem 422."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise invalid(Fault("?limit", f"must be a number from 1 to {MAX_LIMIT}"))
    cursor = request.query.get("cursor")
    if not cursor:
        return Page(int(text))
    try:
        moment, row_id = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
        return Page(int(text), datetime.fromisoformat(moment), UUID(row_id))
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise invalid(Fault("?cursor", "is not one that this API gave")) from None


def listing(
    rows: Sequence[T], page: Page, key: Callable[[T], tuple[datetime, UUID]], shown: Callable[[T], Any]
) -> dict[str, Any]:
    """The answer of a list. `rows` were read with one more than the limit, so that the end is known."""
    items = rows[: page.limit]
    more = len(rows) > page.limit
    return {"items": [shown(row) for row in items], "nextCursor": _cursor(*key(items[-1])) if more else None}


def _cursor(moment: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([moment.isoformat(), str(row_id)])).decode()


def moment_in_query(request: web.Request, name: str) -> datetime | None:
    """An RFC 3339 instant, with its offset. Raises Problem 422."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError
        return moment
    except ValueError:
        raise invalid(Fault(f"?{name}", "must be an RFC 3339 instant such as 2027-01-05T14:00:00Z")) from None


def choice_in_query(request: web.Request, name: str, allowed: Sequence[str]) -> str | None:
    """One of `allowed`. Raises Problem 422."""
    value = request.query.get(name)
    if not value:
        return None
    if value not in allowed:
        raise invalid(Fault(f"?{name}", f"must be one of {', '.join(allowed)}"))
    return value
