"""The position of a stream of notifications. A client resumes from it without gap or repeat, however late transactions
commit. Pure.

Rows are ordered by the transaction that wrote them, then by id. A row is settled when no older transaction runs any
more: then no row can appear before it. Unsettled rows are delivered too; the cursor names them until they are settled.
The reasons are in docs/decisions/0008-streams-resume-in-commit-order.md.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

MOST_AHEAD: Final = 16
"""Unsettled rows of one client that a cursor may name. Further rows wait until some are settled, so that the header
with the cursor stays small."""
START: Final = UUID(int=0)
_ID: Final = "[A-Za-z0-9_-]{22}"
_TEXT: Final = re.compile(rf"1\.(\d{{1,20}})\.({_ID})((?:\.{_ID}){{0,{MOST_AHEAD}}})", re.ASCII)


class Placed(Protocol):
    """A row, and its position in the order."""

    @property
    def id(self) -> UUID: ...
    @property
    def xact(self) -> int: ...
    @property
    def settled(self) -> bool: ...


RowT = TypeVar("RowT", bound=Placed)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to (`xact`, `id`) was delivered, and also the rows in `ahead`, which come after it."""

    xact: int
    id: UUID = START
    ahead: frozenset[UUID] = frozenset()

    def __str__(self) -> str:
        """The id of an event, which the client sends back as Last-Event-ID."""
        return ".".join(["1", str(self.xact), *map(_shown, (self.id, *sorted(self.ahead)))])

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor in an event id; None when it is not one of ours."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) >= 2**63:
            return None
        first, *ahead = map(_read, (match[2] + match[3]).split("."))
        return cls(int(match[1]), first, frozenset(ahead))

    def after(self, row: Placed) -> Self:
        """The cursor after this row was delivered, too. Rows must be passed in their order."""
        if row.settled:
            return replace(self, xact=row.xact, id=row.id, ahead=self.ahead - {row.id})
        return replace(self, ahead=self.ahead | {row.id})


@dataclass(frozen=True, slots=True)
class DeliveryStep(Generic[RowT]):
    """The rows to deliver next, each with the cursor after it; `cursor` is the cursor after all of them. `held`: more
    rows wait until some are settled."""

    cursor: Cursor
    rows: list[tuple[RowT, Cursor]] = field(default_factory=list)
    held: bool = False


def step(cursor: Cursor, found: Iterable[RowT]) -> DeliveryStep[RowT]:
    """Chooses the rows to deliver. `rows` are those after (xact, id) of the cursor, in their order."""
    rows: list[tuple[RowT, Cursor]] = []
    for row in found:
        known = row.id in cursor.ahead
        if not known and not row.settled and len(cursor.ahead) >= MOST_AHEAD:
            return DeliveryStep(cursor, rows, held=True)
        cursor = cursor.after(row)
        if not known:
            rows.append((row, cursor))
    return DeliveryStep(cursor, rows)


def begin(horizon: int, found: Iterable[Placed]) -> Cursor:
    """The cursor of a stream that starts now. `horizon`: the oldest running transaction. `found`: the visible rows of
    this and later transactions; a list that is read from now on shows them."""
    unsettled = [row.id for row in found]
    return Cursor(horizon, ahead=frozenset(unsettled[:MOST_AHEAD]))


def _shown(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def _read(text: str) -> UUID:
    return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
