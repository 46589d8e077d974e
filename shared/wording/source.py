"""Reads a file of texts (Fluent, https://projectfluent.org) into entries, and says in which line it is wrong. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fluent.syntax import FluentParser, ast

REFUSED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ue000\ue001\ufeff]")
"""Controls, and the characters that our own code marks texts with."""


@dataclass(frozen=True, slots=True)
class WordingFault:
    """What is wrong with a file of texts, and in which line."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One text as it was written, or a term, whose key begins with "-"."""

    key: str
    pattern: ast.Pattern
    file: str
    line: int

    def fault(self, message: str) -> WordingFault:
        return WordingFault(self.file, self.line, f"{self.key}: {message}")


def entries(text: str, file: str) -> tuple[Mapping[str, Entry], list[WordingFault]]:
    """The entries of a file by key: "message", "message.attribute" or "-term"; and its faults."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    faults = [
        WordingFault(file, _line(text, found.start()), f"has a character that texts must not have: {found[0]!a}")
        for found in REFUSED.finditer(text)
    ]
    read: dict[str, Entry] = {}
    for part in FluentParser().parse(text).body:
        if isinstance(part, ast.Junk):
            faults.append(_unreadable(part, text, file))
        elif isinstance(part, ast.Message | ast.Term):
            for entry in _entries_of(part, text, file):
                if entry.key in read:
                    faults.append(entry.fault(f"stands already in line {read[entry.key].line}"))
                read[entry.key] = entry
    return read, faults


def _entries_of(part: ast.Message | ast.Term, text: str, file: str) -> Iterator[Entry]:
    name = f"-{part.id.name}" if isinstance(part, ast.Term) else part.id.name
    if part.value is not None:
        yield Entry(name, part.value, file, _line(text, _start(part.id)))
    for attribute in part.attributes:
        yield Entry(f"{name}.{attribute.id.name}", attribute.value, file, _line(text, _start(attribute.id)))


def _unreadable(junk: ast.Junk, text: str, file: str) -> WordingFault:
    if not junk.annotations:
        return WordingFault(file, _line(text, _start(junk)), "cannot be read")
    first = junk.annotations[0]
    return WordingFault(
        file, _line(text, _start(first)), f"cannot be read: {(first.message or '').rstrip('.').lower()}"
    )


def _start(node: ast.SyntaxNode) -> int:
    return int(node.span.start) if node.span is not None else 0


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
