"""Ends a process that is told to stop while it still imports. That takes a second or more, before any loop runs."""

import os
import signal
import sys
from collections.abc import Container
from types import FrameType
from typing import Final

INTERRUPTED: Final = 128
"""Plus the signal's number: the exit status that shells report for a command ended by a signal."""


def stop_early(services: Container[str]) -> None:
    """From now on SIGTERM and SIGINT end the process, until a loop handles them. A service (a command in `services`)
    ends with status 0, since it did as it was told. Any other command has not done its work."""
    is_service = len(sys.argv) > 1 and sys.argv[1] in services

    def leave(number: int, _: FrameType | None) -> None:
        os._exit(os.EX_OK if is_service else INTERRUPTED + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
