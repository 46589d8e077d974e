"""No reader and no disk of a log holds up, or ends, what is logged."""

import asyncio
import errno
import fcntl
import os
import resource
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.process.log_stream import LIMIT, LogStream

LINE = b"x" * 999 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for each in (reader, writer):
        try:
            os.close(each)
        except OSError as error:
            assert error.errno == errno.EBADF  # the test has closed it


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the writes of this process, in their order."""
    sizes: list[int] = []
    write = os.write

    def noting(descriptor: int, data: bytes) -> int:
        sizes.append(len(data))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", noting)
    return sizes


def _read(reader: int, count: int) -> bytes:
    found = b""
    while len(found) < count:
        found += os.read(reader, 65536)
    return found


def test_a_reader_that_comes_back_gets_every_line_in_order(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    stream = LogStream(writer)
    lines = [b"%06d %s" % (number, LINE) for number in range(500)]
    assert sum(map(len, lines)) > fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
    for line in lines:
        assert stream.write(line) == len(line)
    expected = b"".join(lines)
    assert _read(reader, len(expected)) == expected


async def test_the_lines_of_one_turn_of_the_loop_are_one_write_in_their_order(
    pipe: tuple[int, int], writes: list[int]
) -> None:
    reader, writer = pipe
    stream = LogStream(writer)
    lines = [b"%d first\n" % number for number in range(5)]
    for line in lines[:3]:
        stream.write(line)
    await asyncio.to_thread(stream.write, lines[3])  # another thread has no turn: it may join ours
    stream.write(lines[4])
    await asyncio.sleep(0)
    assert _read(reader, len(b"".join(lines))) == b"".join(lines)
    assert len(writes) < len(lines)


async def test_a_write_to_a_pipe_is_never_longer_than_the_pipe_takes_as_a_whole(
    pipe: tuple[int, int], writes: list[int]
) -> None:
    reader, writer = pipe
    stream = LogStream(writer)
    line = b"x" * 299 + b"\n"
    for _ in range(40):
        stream.write(line)
    await asyncio.sleep(0)
    assert _read(reader, 40 * len(line)) == 40 * line
    assert max(writes) <= select.PIPE_BUF and len(writes) <= 4


def test_what_nobody_reads_is_bounded_and_counted(pipe: tuple[int, int], capfd: pytest.CaptureFixture[str]) -> None:
    reader, writer = pipe
    stream = LogStream(writer)
    room = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ) + LIMIT
    for _ in range(2 * room // len(LINE)):
        stream.write(LINE)
    assert len(_read(reader, room - 2 * len(LINE))) <= room


def test_the_writers_of_the_same_pipe_wait_as_before(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    LogStream(writer)
    assert os.get_blocking(writer)


def test_a_reader_that_has_gone_is_no_error(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    stream = LogStream(writer)
    os.close(reader)
    assert stream.write(LINE) == len(LINE)


def test_a_full_disk_is_no_error() -> None:
    with Path("/dev/full").open("wb") as full:
        assert LogStream(full.fileno()).write(LINE) == len(LINE)


def _file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))


def _nothing() -> None:
    """Nothing is taken away."""


def _closed() -> None:
    for each in range(3):
        os.close(each)


@pytest.mark.parametrize("prepared", [_nothing, _file_size, _closed])
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_process_goes_on_without_its_log(tmp_path: Path, prepared: Callable[[], None], form: str) -> None:
    """Records of ours and of libraries, an exception among them; the end is that of the work, not of its log."""
    work = (
        "import logging, structlog, sys; from shared.process.logs import configure;"
        f"configure({form!r}, 'info');"
        "[structlog.get_logger('a').info('b', n=n) for n in range(100)];"
        "logging.getLogger('c').error('d', exc_info=ValueError());"
        "import socket; assert socket.socket().fileno() > 2; sys.exit(3)"
    )
    with (tmp_path / "log").open("wb") as log:
        ended = subprocess.run(
            [sys.executable, "-c", work],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=prepared,
            check=False,
        )
    assert ended.returncode == 3
