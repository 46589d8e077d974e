"""Maps rows of a result to dataclasses by the names of columns, never by their positions. Pure."""

from collections.abc import Iterable
from dataclasses import Field
from typing import Any, ClassVar, Protocol, TypeVar


class Row(Protocol):
    """A row of a result: values by column name."""

    def __getitem__(self, name: str, /) -> Any: ...

    def items(self) -> Iterable[tuple[str, Any]]: ...


class Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=Dataclass)


def mapped(kind: type[T], row: Row, **others: Any) -> T:
    """An instance of a dataclass: each field from the column of its name, or from `others`. Further columns are
    ignored. Raises KeyError when a column is missing."""
    return kind(**{name: others[name] if name in others else row[name] for name in kind.__dataclass_fields__})
