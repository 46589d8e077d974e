"""Starts services by fork, from a process that has imported them: a test need not wait a second for their imports.

Apart from that they are the processes that the console scripts start: same code, arguments, signals, exit statuses.
"""

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final, NoReturn

from api_service.ops.dashboard.rendering import compile_pages
from deploy.local.processes import LocalProcess, adopt
from shared.wording.loading import builtin

_PR_SET_PDEATHSIG: Final = 1
SERVICES: Final = {"api-service": "api_service", "notifier-service": "notifier_service"}
"""Packages by console script."""


class ForkServer:
    """Ends with this process, and what it has forked ends with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C goes to us alone
            text=True,
        )
        self._asks = Lock()

    def start(self, script: str, command: str, environment: Mapping[str, str], log: Path) -> LocalProcess:
        """`script command`, as spawn() would start it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        whole = {**os.environ, **environment}
        pid = self._ask(script=script, command=command, environment=whole, folder=str(Path.cwd()), log=str(log))
        return adopt(pid, lambda: self._ask(ended=pid))

    def _ask(self, **request: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._asks:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@cache
def fork_server() -> ForkServer:
    """One for all tests of this process."""
    return ForkServer()


def _serve() -> Mapping[str, Any] | None:
    """Forks as it is asked to. Returns the request in the child, and None in the server when nobody asks any more."""
    for line in sys.stdin:
        request = json.loads(line)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                return dict(request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    return None


def _become(request: Mapping[str, Any]) -> NoReturn:
    """The service, in a session of its own, with no file of the server's open."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(request["log"], os.O_WRONLY | os.O_APPEND)
    for target, source in ((0, nothing), (1, output), (2, output)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["script"], request["command"]]
    sys.exit(import_module(f"{SERVICES[request['script']]}.__main__").main())


def _import_services() -> None:
    for package in SERVICES.values():
        import_module(f"{package}.cli")
    import_module("uvloop")
    builtin()  # its texts are kept for the whole life of a process
    compile_pages()  # so are these
    gc.collect()
    gc.freeze()  # so that no collection in a child writes to memory that it shares


if __name__ == "__main__":
    _import_services()
    if (asked := _serve()) is not None:
        _become(asked)
