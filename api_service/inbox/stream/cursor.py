"""The position of a stream of notifications, to resume from without gap or repeat, whatever commits late. Pure.

Rows are ordered by the transaction that wrote them, and then by id. A row is settled once no older transaction runs
any more: nothing can appear before it from then on. Rows that are not settled are delivered all the same, and named in
the cursor until they are. docs/decisions/0008-streams-resume-in-commit-order.md has the reasons.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

MOST_AHEAD: Final = 16
"""Unsettled rows of one client that a cursor may name; further ones wait until some are settled, so that the header
which carries the cursor stays small."""
START: Final = UUID(int=0)
_ID: Final = "[A-Za-z0-9_-]{22}"
_TEXT: Final = re.compile(rf"1\.(\d{{1,20}})\.({_ID})((?:\.{_ID}){{0,{MOST_AHEAD}}})", re.ASCII)


class Placed(Protocol):
    """A row with its place in the order."""

    @property
    def id(self) -> UUID: ...
    @property
    def xact(self) -> int: ...
    @property
    def settled(self) -> bool: ...


RowT = TypeVar("RowT", bound=Placed)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to (`xact`, `id`) was delivered, and what `ahead` names beyond it."""

    xact: int
    id: UUID = START
    ahead: frozenset[UUID] = frozenset()

    def __str__(self) -> str:
        """The id of an event: what comes back as Last-Event-ID."""
        return ".".join(["1", str(self.xact), *map(_shown, (self.id, *sorted(self.ahead)))])

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what is no cursor of ours."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) >= 2**63:
            return None
        first, *ahead = map(_read, (match[2] + match[3]).split("."))
        return cls(int(match[1]), first, frozenset(ahead))

    def after(self, row: Placed) -> Self:
        """The cursor once this row was delivered too; rows are passed in their order."""
        if row.settled:
            return replace(self, xact=row.xact, id=row.id, ahead=self.ahead - {row.id})
        return replace(self, ahead=self.ahead | {row.id})


@dataclass(frozen=True, slots=True)
class Step(Generic[RowT]):
    """The rows to deliver next, each with the cursor that holds after it; `cursor` holds after all of it.
    `held`: further rows wait until some are settled."""

    cursor: Cursor
    rows: list[tuple[RowT, Cursor]] = field(default_factory=list)
    held: bool = False


def step(cursor: Cursor, found: Iterable[RowT]) -> Step[RowT]:
    """Chooses what to deliver of the rows beyond (xact, id) of the cursor, given in their order."""
    rows: list[tuple[RowT, Cursor]] = []
    for row in found:
        known = row.id in cursor.ahead
        if not known and not row.settled and len(cursor.ahead) >= MOST_AHEAD:
            return Step(cursor, rows, held=True)
        cursor = cursor.after(row)
        if not known:
            rows.append((row, cursor))
    return Step(cursor, rows)


def begin(horizon: int, found: Iterable[Placed]) -> Cursor:
    """The cursor of a stream that starts now: `horizon` is the oldest transaction that runs, `found` are the visible
    rows of it and later ones, which a list read from now on shows."""
    unsettled = [row.id for row in found]
    return Cursor(horizon, ahead=frozenset(unsettled[:MOST_AHEAD]))


def _shown(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def _read(text: str) -> UUID:
    return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
