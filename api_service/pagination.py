"""Keyset pages: a cursor names the last row that was seen, so that inserts move nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from api_service.payloads import Query

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

RowT = TypeVar("RowT")
ShownT = TypeVar("ShownT")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list was asked for: at most `limit` rows, those after (`moment`, `id`) in its order."""

    limit: int
    moment: datetime | None = None
    id: UUID | None = None


class Listing(TypedDict, Generic[ShownT]):
    """A page of a list; `nextCursor` is null on the last one."""

    items: list[ShownT]
    nextCursor: Annotated[str | None, Field(examples=[None])]


def _limit(value: object) -> object:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise ValueError(f"must be a number from 1 to {MAX_LIMIT}")
    return int(text)


def _position(value: object) -> tuple[datetime, UUID]:
    try:
        moment, row_id = orjson.loads(base64.urlsafe_b64decode(str(value).encode()))
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(row_id)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
        raise ValueError("is not one that this API gave") from None


class PageQuery(Query):
    """How every list is paged."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_limit)] = DEFAULT_LIMIT
    cursor: Annotated[tuple[datetime, UUID] | None, BeforeValidator(_position), WithJsonSchema({"type": "string"})] = (
        Field(None, description="`nextCursor` of the page before.")
    )

    @property
    def page(self) -> Page:
        return Page(self.limit, *(self.cursor or ()))


def listing(
    rows: Sequence[RowT], page: Page, key: Callable[[RowT], tuple[datetime, UUID]], shown: Callable[[RowT], ShownT]
) -> Listing[ShownT]:
    """The answer of a list. `rows` were read with one more than the limit, so that the end is known."""
    items = rows[: page.limit]
    more = len(rows) > page.limit
    return {"items": [shown(row) for row in items], "nextCursor": _cursor(*key(items[-1])) if more else None}


def _cursor(moment: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([moment.isoformat(), str(row_id)])).decode()
