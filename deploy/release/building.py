"""Builds the files of a release from a commit: source archive, wheel, build contexts of the images, notes."""

import asyncio
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.processes import run
from deploy.release import contexts
from deploy.release.notes import notes

ROOT: Final = Path(__file__).resolve().parents[2]
PIP: Final = ("-m", "pip", "--quiet", "--disable-pip-version-check")


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a commit, and the version that they name. `moment`: when it was made, in seconds since 1970; it
    stands for the time of building."""

    tree: Path
    moment: int
    version: str


async def unpacked(folder: Path) -> Source:
    """What is committed here, in a folder of its own: nothing else of this tree can come into a release."""
    tree, archive = folder / "tree", folder / "tree.tar"
    await asyncio.to_thread(tree.mkdir, parents=True)
    await run(["git", "-C", ROOT, "archive", f"--output={archive}", "HEAD"])
    await run(["tar", "-xf", archive, "-C", tree])
    moment = int(await run(["git", "-C", ROOT, "log", "-1", "--format=%ct"]))
    return Source(tree, moment, tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]["version"])


async def tools(folder: Path, source: Source) -> Path:
    """The Python of an environment with the builders of requirements/release.txt."""
    await run(["python3", "-m", "venv", folder])
    python = folder / "bin" / "python"
    await run([python, *PIP, "install", "--require-hashes", "-r", source.tree / "requirements" / "release.txt"])
    return python


async def build(source: Source, python: Path, target: Path) -> dict[str, bytes]:
    """The files of the release, by name."""
    epoch = {"SOURCE_DATE_EPOCH": str(source.moment)}
    there = ("env", "-C", source.tree)
    await run([*there, python, "-m", "hatchling", "build", "-d", target, "-t", "sdist", "-t", "wheel"], **epoch)
    return await asyncio.to_thread(_files, source, target)


def _files(source: Source, target: Path) -> dict[str, bytes]:
    name = f"punctual-{source.version}"
    changelog = (source.tree / "CHANGELOG.md").read_text("utf-8")
    return {
        **{file.name: file.read_bytes() for file in target.glob("punctual-*")},
        f"{name}-images.tar.gz": contexts.packed(contexts.services(source.tree), source.moment),
        f"{name}-rabbitmq-image.tar.gz": contexts.packed(contexts.broker(source.tree), source.moment),
        f"{name}-notes.md": notes(changelog, source.version).encode(),
    }
