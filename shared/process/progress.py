"""Shows how far long work has come, and how long the rest may take: a bar on a terminal, elsewhere lines."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Final, NoReturn, TextIO

_BAR: Final = "{desc}: {percentage:3.0f} % |{bar}| {elapsed} gone, {remaining} left"
_LINE: Final = "{desc}: {percentage:3.0f} %, {elapsed} gone, {remaining} left"
_DRAWN_EVERY: Final = 1.0


class ProgressBar:
    """`total` is in any unit, such as rows or expected seconds. The time left is reckoned from the pace so far."""

    def __init__(
        self, subject: str, total: float, *, stream: TextIO | None = None, lines_every: float | None = None
    ) -> None:
        """On a terminal a bar is drawn on `stream` (unset: stderr). Elsewhere a line is written there every
        `lines_every` seconds; None: never, for commands whose log tells it."""
        self._stream = stream or sys.stderr
        self._subject, self._total = subject, total
        self._done = self._piece = self._of_piece = 0.0
        self._lines_every = lines_every
        self._began = self._last_line = monotonic()
        from tqdm import tqdm  # 4 MiB, which services that show no bar need not have

        tqdm.monitor_interval = 0  # its thread; a task draws the bar anew here
        self._format = tqdm.format_meter
        self._bar: tqdm[NoReturn] = tqdm(
            total=total,
            desc=subject,
            bar_format=_BAR,
            smoothing=0,
            file=self._stream,
            disable=not self._stream.isatty(),
            dynamic_ncols=True,
            leave=False,
        )

    def expect(self, total: float) -> None:
        """Corrects the total, once more is known."""
        self._total = self._bar.total = max(total, self._done)

    def advance(self, amount: float = 1) -> None:
        """Adds work that is done."""
        self._done = min(self._done + amount, self._total)
        self._update()

    @contextmanager
    def piece(self, name: str, amount: float = 1) -> Iterator[None]:
        """Names the work of the block beside the bar; it is done at the end of the block."""
        self._bar.set_description_str(f"{self._subject}, {name}")
        self._piece, self._of_piece = amount, 0.0
        try:
            yield
        finally:
            self._piece = self._of_piece = 0.0
        self.advance(amount)

    def within(self, share: float) -> None:
        """The share of the present piece that is done, 0 to 1; it never falls."""
        self._of_piece = max(self._of_piece, min(share, 1.0) * self._piece)
        self._update()

    def say(self, line: str) -> None:
        """Prints a line on stdout without tearing the bar."""
        with self._bar.external_write_mode(self._stream):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def draw(self) -> None:
        """Draws the bar anew, so that its clock goes on during a long piece; or writes a line, if it is time."""
        self._bar.refresh()
        if self._bar.disable and self._lines_every is not None and monotonic() - self._last_line >= self._lines_every:
            self._last_line = monotonic()
            self._stream.write(f"{self}\n")
            self._stream.flush()

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()

    def __str__(self) -> str:
        done = min(self._done + self._of_piece, self._total)
        return self._format(done, self._total, monotonic() - self._began, prefix=self._subject, bar_format=_LINE)

    def _update(self) -> None:
        self._bar.update(min(self._done + self._of_piece, self._total) - self._bar.n)


@asynccontextmanager
async def progress(
    subject: str, total: float, *, stream: TextIO | None = None, lines_every: float | None = None
) -> AsyncIterator[ProgressBar]:
    """A bar for the block, drawn anew every second."""
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
