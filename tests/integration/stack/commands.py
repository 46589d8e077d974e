"""The commands that people type, for a stack of a test's own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.repository import ROOT


def command(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `make NAME` without its installation, to its end."""
    return subprocess.run(
        _words(name), **_options(folder, environment), capture_output=True, text=True, timeout=300, check=False
    )


def begun(name: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The same, and does not wait."""
    return subprocess.Popen(_words(name), **_options(folder, environment), stdout=subprocess.DEVNULL)


def values(folder: Path) -> dict[str, str]:
    """What stack.env says."""
    lines = (folder / "stack.env").read_text("utf-8").splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def _words(name: str) -> list[str]:
    return [sys.executable, "-m", "deploy.local", name]


def _options(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    kept = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    return {"cwd": ROOT, "env": kept | {"PUNCTUAL_HOME": str(folder)} | environment}
