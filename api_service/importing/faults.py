"""Collects the faults of a file: all are counted, the first ones are listed. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.errors import PunctualError

LISTED: Final = 100


class UnreadableFile(PunctualError):
    """A file that cannot be opened, or is too large. The message names it."""


@dataclass(frozen=True, slots=True, order=True)
class FileFault:
    """`line`: counted from 1, where the row begins. `column`: None when the whole row is at fault."""

    line: int
    column: str | None
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column + ' ' if self.column else ''}{self.message}"


@dataclass(slots=True)
class FileFaults:
    """Remembers the first LISTED faults, so that a file of nonsense fills neither the memory nor the screen."""

    listed: list[FileFault] = field(default_factory=list)
    total: int = 0

    def add(self, line: int, column: str | None, message: str) -> None:
        self.total += 1
        if len(self.listed) < LISTED:
            self.listed.append(FileFault(line, column, message))

    def lines(self) -> Iterator[str]:
        """The listed faults in the order of the file, and the number of the others."""
        yield from map(str, sorted(self.listed, key=lambda fault: fault.line))
        if self.total > len(self.listed):
            yield f"and {self.total - len(self.listed)} more"
