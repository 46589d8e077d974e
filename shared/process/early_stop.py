"""Ends a process that is told to stop while it still imports: that takes a second or more, and no loop runs yet."""

import os
import signal
import sys
from collections.abc import Container
from types import FrameType
from typing import Final

INTERRUPTED: Final = 128
"""And the signal's number: what shells say of a command that a signal has ended."""


def stop_early(services: Container[str]) -> None:
    """From now on SIGTERM and SIGINT end the process; until a loop takes them over. A service (its command is one of
    `services`) has done what it was told to, status 0; any other command has not done its work."""
    is_service = len(sys.argv) > 1 and sys.argv[1] in services

    def leave(number: int, _: FrameType | None) -> None:
        os._exit(os.EX_OK if is_service else INTERRUPTED + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
