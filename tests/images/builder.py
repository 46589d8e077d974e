"""Builds images with buildah, in a storage of their own, on a base image or on a stand-in for it."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.processes import run
from deploy.release.building import Source
from tests.support.repository import ROOT

STAND_IN: Final = "localhost/punctual-stand-in:trixie"
_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_LENT: Final = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches package indexes: read by a build, and no part of an image."""


@dataclass(frozen=True, slots=True)
class Builder:
    """`home` keeps layers and images; `base` is the image that both are built on."""

    home: Path
    base: str

    async def buildah(self, *arguments: str | Path) -> str:
        """Its output, without its chatter about networks, which a chroot does without. Raises RuntimeError."""
        where = ("--root", self.home / "storage", "--runroot", self.home / "run", "--storage-driver", "vfs")
        said = await run(["buildah", *where, *arguments])
        return "\n".join(line for line in said.splitlines() if "CNI config file" not in line)

    async def build(self, target: str, source: Source) -> str:
        """The id of a new image, whose times are the commit's. No layer of an earlier build is used."""
        lent = [word for file in _LENT if Path(file).exists() for word in ("--volume", f"{file}:{file}:ro")]  # noqa: ASYNC240
        said = await self.buildah(
            *("build", "--isolation", "chroot", "--no-cache", "--format", "docker", "--timestamp", str(source.moment)),
            *("--build-arg", f"PYTHON_IMAGE={self.base}", *lent, "--target", target),
            *("--file", source.tree / "deploy" / "docker" / "Dockerfile", source.tree),
        )
        return said.splitlines()[-1]

    async def configuration(self, image: str) -> dict[str, Any]:
        """What the image says of itself, in Docker's form."""
        return dict(json.loads(await self.buildah("inspect", "--type", "image", image))["Docker"]["config"])

    @asynccontextmanager
    async def mounted(self, image: str) -> AsyncIterator[Path]:
        """The files of a container of that image."""
        container = (await self.buildah("from", "--pull-never", image)).splitlines()[-1]
        try:
            yield Path((await self.buildah("mount", container)).splitlines()[-1])
        finally:
            await self.buildah("umount", container)
            await self.buildah("rm", container)


async def builder(home: Path) -> Builder:
    """On the image PYTHON_IMAGE, if that is set; else on a stand-in for Docker's: Debian 13 with its own Python."""
    given = os.environ.get("PYTHON_IMAGE")
    made = Builder(home, given or STAND_IN)
    if not given and STAND_IN.partition(":")[0] not in await made.buildah("images"):
        await _make_stand_in(made)
    return made


async def _make_stand_in(made: Builder) -> None:
    """As the slim images are: without documents, translations and package lists."""
    root = made.home / "root"
    mirror = await run(["sh", ROOT / "tests" / "debian" / "mirror.sh"])
    await run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "trixie", root, mirror.strip()])
    for each in ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt"):
        await asyncio.to_thread(shutil.rmtree, root / each)
    container = (await made.buildah("from", "scratch")).splitlines()[-1]
    await made.buildah("copy", container, root, "/")
    await made.buildah("commit", "--timestamp", "0", container, STAND_IN)
    await made.buildah("rm", container)
    await asyncio.to_thread(shutil.rmtree, root)
