"""Where both services spend their time under load: `make bench-profile`, a minute.

py-spy samples each process from outside while it works; prints the most expensive lines, and writes flame graphs'
raw stacks where --keep says.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from tests.bench import bookings
from tests.bench.contenders import Punctual
from tests.bench.figures import table
from tests.bench.servers import servers
from tests.bench.sitting import CONNECTIONS, all_told, on_new_servers
from tests.bench.wire import saturate

BOOKINGS: Final = 20_000
_SECONDS: Final = 5
_IDLE: Final = re.compile(r"^_worker \(concurrent/futures/thread\.py")
_FOLDERS: Final = re.compile(r"\(\S*?(site-packages/|lib/python3\.\d+/|(?=api_service/|notifier_service/|shared/))")


async def sample(pid: int, file: Path) -> Counter[str]:
    """Samples by the line that was running, while the process is busy for `_SECONDS`."""
    command = [str(Path(sys.executable).parent / "py-spy"), "record", "-p", str(pid), "-d", str(_SECONDS)]
    command += ["-r", "500", "-f", "raw", "-o", str(file)]
    spy = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    await spy.wait()
    assert spy.returncode == 0, "py-spy could not look into the process"
    return await asyncio.to_thread(_lines, file)


def _lines(file: Path) -> Counter[str]:
    lines: Counter[str] = Counter()
    for stack in file.read_text("utf-8").splitlines():
        frames, _, samples = stack.rpartition(" ")
        line = _FOLDERS.sub("(", frames.rpartition(";")[2])
        if not _IDLE.match(line):
            lines[line] += int(samples)
    return lines


def most(lines: Counter[str], count: int) -> str:
    whole = lines.total()
    return table(["line", "share, %"], [[f"`{line}`", f"{n / whole:.1%}"] for line, n in lines.most_common(count)])


async def main() -> None:
    parser = argparse.ArgumentParser("bench-profile")
    parser.add_argument("--lines", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="folder for the raw stacks (speedscope, flamegraph.pl)")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="punctual-profile-"))
    async with servers() as started, on_new_servers(started, Punctual()) as running:
        requests = bookings.requests()
        await saturate(running.urls, requests, connections=CONNECTIONS, most=1_000)  # it is warm
        booking = asyncio.create_task(saturate(running.urls, requests, connections=CONNECTIONS, most=BOOKINGS))
        api = await sample(running.processes["api"][0].pid, folder / "api.txt")
        await booking
        running.start_worker()
        await all_told(started, 500)  # it is warm
        worker = await sample(running.processes["worker"][0].pid, folder / "notifier.txt")
    print(f"api_service\n\n{most(api, options.lines)}\nnotifier_service\n\n{most(worker, options.lines)}")


if __name__ == "__main__":
    asyncio.run(main())
