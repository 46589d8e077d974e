"""Packs the build contexts of the images, with the same bytes each time."""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

DOCKERFILES: Final = Path("deploy/docker")


def services(tree: Path) -> Mapping[str, bytes]:
    """The files that .dockerignore lets into the context of both services, by name, and their Dockerfile."""
    let_in = [line[1:] for line in (tree / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    files = [file for name in let_in for file in _files(tree / name)]
    return _contents(tree, [*files, tree / ".dockerignore", tree / DOCKERFILES / "Dockerfile"])


def broker(tree: Path) -> Mapping[str, bytes]:
    """The context of the broker with its plugin."""
    return {"Dockerfile": (tree / DOCKERFILES / "rabbitmq.Dockerfile").read_bytes()}


def packed(files: Mapping[str, bytes], moment: int) -> bytes:
    """A .tar.gz in which order, owners, rights and times (seconds since 1970) depend on nothing else."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), moment, 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), mtime=0)


def _files(path: Path) -> Iterable[Path]:
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]


def _contents(tree: Path, files: Iterable[Path]) -> Mapping[str, bytes]:
    return {str(file.relative_to(tree)): file.read_bytes() for file in files}
