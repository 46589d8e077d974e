"""Shows how far long work has come, and how long the rest may take: a bar on a terminal, elsewhere lines."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, NoReturn, TextIO

from tqdm import tqdm

tqdm.monitor_interval = 0  # its thread; a task draws the bar anew here
_FORMAT: Final = "{desc}: {percentage:3.0f} % |{bar}| {elapsed} gone, {remaining} left"
_NARROW: Final = "{desc}: {percentage:3.0f} %, {elapsed} gone, {remaining} left"
_DRAWN_EVERY: Final = 1.0


class ProgressBar:
    """`total` in any unit, such as rows or expected seconds. The time left is reckoned from the pace so far."""

    def __init__(self, subject: str, total: float, *, stream: TextIO | None = None, lines_every: float | None = None):
        """On a terminal a bar is drawn on `stream` (stderr). Elsewhere a line is written there every `lines_every`
        seconds; None: never, for commands whose log tells it."""
        self._stream = stream or sys.stderr
        self._subject = subject
        self._on_terminal = self._stream.isatty()
        self._bar: tqdm[NoReturn] = tqdm(
            total=total,
            desc=subject,
            bar_format=_FORMAT,
            smoothing=0,
            file=self._stream,
            disable=not self._on_terminal,
            dynamic_ncols=True,
            leave=False,
        )
        self._total, self._done, self._began = total, 0.0, monotonic()
        self._lines_every, self._last_line = lines_every, monotonic()

    def advance(self, amount: float = 1) -> None:
        """Adds work that is done."""
        self._done = min(self._done + amount, self._total)
        self._bar.update(self._done - self._bar.n)

    def expect(self, total: float) -> None:
        """Corrects the total, once more is known."""
        self._total = self._bar.total = max(total, self._done)

    def now(self, text: str) -> None:
        """Names the work that has just begun, beside the bar."""
        self._bar.set_description_str(f"{self._subject}: {text}")

    def say(self, line: str, *, to: TextIO | None = None) -> None:
        """Prints a line (to stdout) without tearing the bar."""
        with self._bar.external_write_mode(self._stream):
            print(line, file=to or sys.stdout, flush=True)

    def draw(self) -> None:
        """Draws the bar anew, so that its clock goes on during a long step; or writes the next line, if it is time."""
        if self._on_terminal:
            self._bar.refresh()
        elif self._lines_every is not None and monotonic() - self._last_line >= self._lines_every:
            self._last_line = monotonic()
            self._stream.write(f"{self}\n")
            self._stream.flush()

    def __str__(self) -> str:
        return tqdm.format_meter(
            self._done, self._total, monotonic() - self._began, prefix=self._subject, bar_format=_NARROW
        )

    def close(self) -> None:
        self._bar.close()


@asynccontextmanager
async def progress(
    subject: str, total: float, *, stream: TextIO | None = None, lines_every: float | None = None
) -> AsyncIterator[ProgressBar]:
    """A bar for the block, drawn anew every second. The bar is gone at the end."""
    shown = ProgressBar(subject, total, stream=stream, lines_every=lines_every)

    async def draw() -> None:
        while True:
            await asyncio.sleep(_DRAWN_EVERY)
            shown.draw()

    drawing = asyncio.create_task(draw(), name="progress")
    try:
        yield shown
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        shown.close()
