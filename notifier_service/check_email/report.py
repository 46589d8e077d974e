"""Tells the steps of a check as they go: one line a step, and under what is wrong, what to do about it."""

import sys
from collections.abc import Callable
from typing import Literal

Verdict = Literal["ok", "no", "?"]
"""It works; serving would fail by it; receivers may mind it, or it cannot be told from here."""


def _to_stdout(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


class Report:
    """`works` is False once a step has said that serving would fail."""

    def __init__(self, write: Callable[[str], None] = _to_stdout) -> None:
        self._write = write
        self.works = True

    def heading(self, text: str) -> None:
        """What the steps below are about."""
        self._write(f"{text}\n")

    def say(self, verdict: Verdict, step: str, found: str, remedy: str = "") -> None:
        """A step and what was found; `remedy`: what to do about it."""
        self.works = self.works and verdict != "no"
        self._write(f"  {verdict:2} {step:11} {_printable(found)}\n")
        if remedy:
            self._write(f"                 -> {remedy}\n")


def _printable(text: str) -> str:
    """What servers say may hold anything; a terminal must not obey it."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]
