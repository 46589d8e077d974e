"""Reads the migrations: .sql files, each named by its number and its purpose (README.md has the rules)."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_STEP: Final = re.compile(r"^-- step( outside a transaction)?: (.+)$", re.MULTILINE)
_INDEX: Final = re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(\w+)", re.IGNORECASE)
_PACKAGE: Final = "shared.database.migrations"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a migration: one transaction, or one statement that PostgreSQL runs outside any transaction."""

    name: str
    text: str
    in_transaction: bool = True

    @property
    def index(self) -> str | None:
        """The index that the step builds concurrently; None for any other step."""
        found = None if self.in_transaction else _INDEX.search(self.text)
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Migration:
    """`text`: the content of the file. `checksum`: its SHA-256 in hex, which the database keeps. `steps` run in their
    order."""

    name: str
    text: str
    steps: Sequence[Step]

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def migrations() -> Sequence[Migration]:
    """All migrations, in the order of their numbers."""
    folder = files(_PACKAGE)
    online = _sql_files(folder / "online")
    texts = sorted(_sql_files(folder).items())
    return tuple(Migration(name.removesuffix(".sql"), text, steps(online.get(name, text))) for name, text in texts)


def _sql_files(folder: Traversable) -> dict[str, str]:
    """Names and texts. The folders hold Python files and byte code as well."""
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".sql")}


def steps(text: str) -> Sequence[Step]:
    """The steps of a file; a file that marks none is one transaction. Raises ValueError for SQL before the first mark.

    >>> [step.index for step in steps("-- step outside a transaction: look\\nCREATE INDEX CONCURRENTLY i ON t (a);")]
    ['i']
    """
    before, *parts = _STEP.split(text)
    if not parts:
        return (Step("the whole file", text),)
    if re.sub(r"--.*", "", before).strip():
        raise ValueError("SQL stands before the first step")
    marks = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return tuple(Step(name.strip(), body.strip(), in_transaction=outside is None) for outside, name, body in marks)
