"""Keyset pages. A cursor names the last row of a page, so that inserts do not shift the next page."""

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

from api_service.web.payloads import Query
from shared.safe_text import storable

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

RowT = TypeVar("RowT")
ShownT = TypeVar("ShownT")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: at most `limit` rows after (`moment`, `id`) in its order."""

    limit: int
    moment: datetime | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NamePage:
    """One page of a list in the order of (`name`, `id`)."""

    limit: int
    name: str | None = None
    id: str | None = None


class Listing(TypedDict, Generic[ShownT]):
    """A page of a list; `nextCursor` is null on the last one."""

    items: list[ShownT]
    nextCursor: Annotated[str | None, Field(examples=[None])]


def _limit(value: object) -> int:
    text = str(value)
    # short, since converting thousands of digits to a number takes long
    if len(text) > 9 or not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise ValueError(f"must be a number from 1 to {MAX_LIMIT}")
    return int(text)


def _position(value: object) -> tuple[datetime, UUID]:
    first, row_id = _last_seen(value)
    try:
        moment = datetime.fromisoformat(first)
        if moment.tzinfo is None:
            raise ValueError("an instant has an offset")
        return moment.astimezone(UTC), UUID(row_id)
    except (ValueError, OverflowError):
        raise _no_cursor() from None


def _name_position(value: object) -> tuple[str, str]:
    seen = _last_seen(value)
    if not all(storable(text, longest=None) == text for text in seen):
        raise _no_cursor()
    return seen


def _last_seen(value: object) -> tuple[str, str]:
    """The position in a cursor: the first sort key of the last row, and its id."""
    try:
        first, row_id = orjson.loads(base64.urlsafe_b64decode(str(value).encode()))
    except (binascii.Error, ValueError, TypeError):
        raise _no_cursor() from None
    if not isinstance(first, str) or not isinstance(row_id, str):
        raise _no_cursor()
    return first, row_id


def _no_cursor() -> ValueError:
    return ValueError("is not one that this API gave")


_AnyLimit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_limit)]
_AsText = WithJsonSchema({"type": "string"})
_NEXT: Final = "`nextCursor` of the page before."


class PageQuery(Query):
    """The parameters of a page."""

    limit: _AnyLimit = DEFAULT_LIMIT
    cursor: Annotated[tuple[datetime, UUID] | None, BeforeValidator(_position), _AsText] = Field(
        None, description=_NEXT
    )

    @property
    def page(self) -> Page:
        return Page(self.limit, *(self.cursor or ()))


class NamePageQuery(Query):
    """The parameters of a page in the order of names."""

    limit: _AnyLimit = DEFAULT_LIMIT
    cursor: Annotated[tuple[str, str] | None, BeforeValidator(_name_position), _AsText] = Field(None, description=_NEXT)

    @property
    def page(self) -> NamePage:
        return NamePage(self.limit, *(self.cursor or ()))


def listing(
    rows: Sequence[RowT],
    page: Page | NamePage,
    key: Callable[[RowT], tuple[datetime | str, UUID | str]],
    shown: Callable[[RowT], ShownT],
    *,
    searched_to: tuple[datetime, UUID] | None = None,
) -> Listing[ShownT]:
    """The answer of a list. `rows` has one row more than the limit unless it is the last page; or fewer, where the
    search has stopped short at `searched_to` and goes on from there."""
    items = rows[: page.limit]
    goes_on = key(items[-1]) if len(rows) > page.limit else searched_to
    return {"items": [shown(row) for row in items], "nextCursor": _cursor(*goes_on) if goes_on else None}


def _cursor(first: datetime | str, row_id: UUID | str) -> str:
    text = first if isinstance(first, str) else first.isoformat()
    return base64.urlsafe_b64encode(orjson.dumps([text, str(row_id)])).decode()
