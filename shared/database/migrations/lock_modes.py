"""Reads off the SQL of a step which lock it takes on which table. Pure.

https://www.postgresql.org/docs/current/explicit-locking.html names the lock of each statement, and the page of ALTER
TABLE that of each of its forms. A test compares the answers with PostgreSQL's own, for every migration.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from shared.database.migrations.files import Step


class Lock(IntEnum):
    """The locks that a step may take, the weakest first."""

    ROW_EXCLUSIVE = 1  # as every write takes it
    SHARE_UPDATE_EXCLUSIVE = 2  # reads and writes go on
    SHARE = 3  # writes wait
    SHARE_ROW_EXCLUSIVE = 4  # writes wait
    ACCESS_EXCLUSIVE = 5  # reads and writes wait

    @property
    def words(self) -> str:
        """Its name in PostgreSQL's documentation."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Names:
    """Names that statements give without their table. `indexes`: the table of each index. `foreign_keys`: the table
    that each one refers to."""

    indexes: Mapping[str, str]
    foreign_keys: Mapping[str, str]


_COMMENT: Final = re.compile(r"--[^\n]*")
_BODY: Final = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_DO: Final = re.compile(r"\bDO\s+\$(\w*)\$(.*?)\$\1\$", re.DOTALL | re.IGNORECASE)
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_NAME: Final = r"(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?\"?(\w+)\"?"


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


_RULES: Final = (
    (_rule(r"\bCREATE (?:UNIQUE )?INDEX CONCURRENTLY \w+ ON " + _NAME), Lock.SHARE_UPDATE_EXCLUSIVE),
    (_rule(r"\bCREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\w+ ON " + _NAME), Lock.SHARE),
    (
        _rule(r"\bCREATE (?:CONSTRAINT )?TRIGGER \w+ (?:BEFORE|AFTER|INSTEAD) [^;]*? ON " + _NAME),
        Lock.SHARE_ROW_EXCLUSIVE,
    ),
    (_rule(r"\bCREATE OR REPLACE VIEW " + _NAME), Lock.ACCESS_EXCLUSIVE),
    (_rule(r"\bDROP TRIGGER (?:IF EXISTS )?\w+ ON " + _NAME), Lock.ACCESS_EXCLUSIVE),
    (_rule(r"\bREFERENCES " + _NAME), Lock.SHARE_ROW_EXCLUSIVE),
    (_rule(r"\bCOMMENT ON TABLE " + _NAME), Lock.SHARE_UPDATE_EXCLUSIVE),
    (_rule(r"\bCOMMENT ON COLUMN (\w+)\."), Lock.SHARE_UPDATE_EXCLUSIVE),
    (_rule(r"\b(?:DROP TABLE|TRUNCATE(?: TABLE)?) " + _NAME), Lock.ACCESS_EXCLUSIVE),
    (_rule(r"\b(?:INSERT INTO|DELETE FROM|UPDATE(?! ON| OF| SET)) " + _NAME), Lock.ROW_EXCLUSIVE),
)
_ALTER: Final = _rule(r"\bALTER TABLE " + _NAME + r"([^;]*)")
_DROP_INDEX: Final = _rule(r"\bDROP INDEX (CONCURRENTLY )?(?:IF EXISTS )?(\w+)")
_DROP_CONSTRAINT: Final = _rule(r"\bDROP CONSTRAINT (?:IF EXISTS )?(\w+)")
_ACTION: Final = re.compile(r"^\s*(\w+(?:\s+\w+)?)")
_GENTLE: Final = {"VALIDATE CONSTRAINT"}
_FOREIGN: Final = _rule(r"^\s*ADD (?:CONSTRAINT \w+ )?FOREIGN KEY")
_PARENTHESES: Final = re.compile(r"\([^()]*\)")


def locks_of(step: Step, names: Names) -> Mapping[str, Lock]:
    """The strongest lock that a step takes on each table; tables and views that it makes itself are among them.

    Statements inside functions that the step only defines do not count, those of a DO block do.
    """
    strongest: dict[str, Lock] = {}
    for table, lock in _each(_statements(step.text), names):
        strongest[table] = max(lock, strongest.get(table, lock))
    return strongest


def _statements(text: str) -> str:
    """The SQL that is run: without comments, texts and the bodies of functions."""
    run = _DO.sub(lambda found: found[2], _COMMENT.sub("", text))
    return _TEXT.sub("''", _BODY.sub("''", run))


def _each(text: str, names: Names) -> Iterator[tuple[str, Lock]]:
    for rule, lock in _RULES:
        yield from ((found[1], lock) for found in rule.finditer(text))
    for table, actions in _ALTER.findall(text):
        yield table, max(_of_action(action) for action in _actions(actions))
        dropped = names.foreign_keys.keys() & {*_DROP_CONSTRAINT.findall(actions)}
        yield from ((names.foreign_keys[key], Lock.ACCESS_EXCLUSIVE) for key in dropped)
    for concurrently, index in _DROP_INDEX.findall(text):
        if index in names.indexes:
            yield names.indexes[index], Lock.SHARE_UPDATE_EXCLUSIVE if concurrently else Lock.ACCESS_EXCLUSIVE


def _actions(text: str) -> list[str]:
    """The actions of an ALTER TABLE: they stand between commas outside parentheses."""
    while _PARENTHESES.search(text):
        text = _PARENTHESES.sub("", text)
    return text.split(",")


def _of_action(action: str) -> Lock:
    if _FOREIGN.match(action):
        return Lock.SHARE_ROW_EXCLUSIVE
    found = _ACTION.match(action)
    gentle = found is not None and " ".join(found[1].upper().split()) in _GENTLE
    return Lock.SHARE_UPDATE_EXCLUSIVE if gentle else Lock.ACCESS_EXCLUSIVE
