"""The progress of long work, on a terminal and elsewhere."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from shared.process import progress as module
from shared.process.progress import ProgressBar, progress
from tests.support.waiting import eventually


class Terminal(io.StringIO):
    """Keeps whatever is drawn."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def bar() -> Iterator[ProgressBar]:
    shown = ProgressBar("work", 10, stream=Terminal())
    yield shown
    shown.close()


def test_it_says_the_share_that_is_done(bar: ProgressBar) -> None:
    bar.advance(4)
    assert str(bar).startswith("work:  40 %")


def test_more_than_all_is_all(bar: ProgressBar) -> None:
    bar.advance(40)
    assert str(bar).startswith("work: 100 %")


def test_a_piece_counts_by_its_share_and_whole_at_its_end(bar: ProgressBar) -> None:
    with bar.piece("long", 8):
        assert str(bar).startswith("work:   0 %")
        bar.within(0.5)
        assert str(bar).startswith("work:  40 %")
        bar.within(0.25)  # an index is read a second time
        assert str(bar).startswith("work:  40 %")
    assert str(bar).startswith("work:  80 %")


def test_a_piece_that_fails_is_not_done(bar: ProgressBar) -> None:
    with pytest.raises(RuntimeError), bar.piece("broken", 5):
        bar.within(0.9)
        raise RuntimeError
    assert str(bar).startswith("work:   0 %")


def test_a_total_that_is_known_later_counts(bar: ProgressBar) -> None:
    bar.advance(5)
    bar.expect(20)
    assert str(bar).startswith("work:  25 %")


def test_no_work_at_all_is_no_fault() -> None:
    shown = ProgressBar("work", 0, stream=Terminal())
    shown.advance(0)
    shown.draw()
    assert str(shown)
    shown.close()


def test_a_terminal_has_a_bar_with_the_piece_and_lines_go_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    shown = ProgressBar("work", 2, stream=terminal)
    with shown.piece("first"):
        shown.say("a line")
        shown.draw()
    shown.close()
    assert capsys.readouterr().out == "a line\n"
    assert "work, first:   0 % |" in terminal.getvalue()
    assert " left" in terminal.getvalue()


def test_without_a_terminal_nothing_is_drawn_and_lines_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    shown = ProgressBar("work", 2, stream=stream)
    shown.advance()
    shown.say("a line")
    shown.draw()
    shown.close()
    assert stream.getvalue() == ""
    assert capsys.readouterr().out == "a line\n"


def test_without_a_terminal_lines_come_now_and_then() -> None:
    stream = io.StringIO()
    shown = ProgressBar("work", 4, stream=stream, lines_every=0)
    shown.advance(3)
    shown.draw()
    assert stream.getvalue().startswith("work:  75 %, ")
    assert stream.getvalue().endswith(" left\n")
    seldom = ProgressBar("work", 4, stream=(other := io.StringIO()), lines_every=3600)
    seldom.draw()
    assert other.getvalue() == ""


async def test_a_bar_is_drawn_anew_while_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DRAWN_EVERY", 0.01)
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(theirs, "w") as terminal:
            async with progress("work", 3, stream=terminal) as shown:
                drawn: list[None] = []
                monkeypatch.setattr(shown, "draw", lambda: drawn.append(None))
                await eventually(lambda: len(drawn) >= 3)
    finally:
        os.close(ours)


def test_a_service_that_shows_no_bar_does_not_load_the_library() -> None:
    code = "import api_service.cli, sys; sys.exit('tqdm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
