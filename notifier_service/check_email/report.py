"""Prints the steps of a check as they go: one line for each step, and the remedy below each fault."""

import sys
from collections.abc import Callable
from typing import Literal

Verdict = Literal["ok", "no", "?"]
"""It works; it would fail in the service; receivers may mind, or it cannot be checked from here."""


def _to_stdout(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


class CheckReport:
    """`works` is False after a step that would fail in the service."""

    def __init__(self, write: Callable[[str], None] = _to_stdout) -> None:
        self._write = write
        self.works = True

    def heading(self, text: str) -> None:
        """The subject of the steps below."""
        self._write(f"{text}\n")

    def say(self, verdict: Verdict, step: str, found: str, remedy: str = "") -> None:
        """A step and its finding; `remedy`: the way to mend it."""
        self.works = self.works and verdict != "no"
        self._write(f"  {verdict:2} {step:11} {_printable(found)}\n")
        if remedy:
            self._write(f"                 -> {remedy}\n")


def _printable(text: str) -> str:
    """Makes a server's text safe: it may hold anything, and a terminal must not obey it."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]
