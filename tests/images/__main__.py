"""Builds the images (or those that are named) twice, compares them, and runs them: `make test-images`, as root, with
buildah and debootstrap."""

import asyncio
import os
import signal
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.processes import run
from deploy.local.state import stack_home
from deploy.release.building import Source, unpacked
from tests.images.builder import Builder, builder
from tests.support.tokens import SECRET
from tests.support.waiting import eventually

LARGEST: Final = 150_000_000
"""Bytes of an image as it is pulled: compressed."""
_PORTS: Final = {"api": "API_PORT", "notifier": "NOTIFIER_PORT"}
# read-only, with a memory file system on /tmp; the service is the first process, as without an init
_AS_CONTAINER: Final = """
root=$1; shift
mount --bind "$root" "$root" && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp" && mount -o remount,ro,bind "$root"
exec chroot --userspec=10001:10001 "$root" "$@"
"""


async def main() -> int:
    made = await builder(Path(os.environ.get("IMAGES_HOME") or stack_home() / "images"))
    good = True
    with tempfile.TemporaryDirectory(prefix="punctual-images-") as folder:
        source = await unpacked(Path(folder) / "source")
        postgres = Postgres(Path(folder), durable=False, dies_with_us=signal.SIGINT)
        await postgres.start()
        try:
            for target in sys.argv[1:] or _PORTS:
                faults = await _faults(made, target, source, postgres)
                print(f"{target}: {'; '.join(faults) or 'as it should be'}", flush=True)
                good = good and not faults
        finally:
            await asyncio.to_thread(postgres.stop)
            postgres.remove()
    return 0 if good else 1


async def _faults(made: Builder, target: str, source: Source, postgres: Postgres) -> list[str]:
    first, second = [await made.build(target, source) for _ in range(2)]
    said = await made.configuration(first)
    differing = [name for name, value in (await made.configuration(second)).items() if value != said[name]]
    faults = [f"two builds differ in {name}" for name in differing if name != "Hostname"]  # a container's, by chance
    if said["User"] != "10001:10001" or said["StopSignal"] != "SIGTERM":
        faults.append(f"its user is {said['User']!r}, its stop signal {said['StopSignal']!r}")
    async with made.mounted(first) as root, made.mounted(second) as another:
        if await _digest(root) != await _digest(another):
            faults.append("two builds have different files")
        size = await _compressed(root)
        print(f"{target}: {size / 1e6:.0f} MB compressed, {await _bytes(root) / 1e6:.0f} MB on disk", flush=True)
        faults += [f"it is larger than {LARGEST / 1e6:.0f} MB"] if size > LARGEST else []
        faults += await _run(root, said, target, postgres)
    return faults


async def _run(root: Path, said: dict[str, Any], target: str, postgres: Postgres) -> list[str]:
    """Starts it as the first process of its own namespace, asks for its health, and tells it to stop."""
    port = free_port()
    environment = {
        **dict(each.split("=", 1) for each in said["Env"]),
        "DATABASE_URL": postgres.url,
        "AMQP_URL": f"amqp://127.0.0.1:{free_port()}/",
        "JWT_SECRET": SECRET,
        "SMTP_HOST": "127.0.0.1",
        "MAIL_FROM": "appointments@punctual.example",
        _PORTS[target]: str(port),
    }
    faults = []
    async with _started(root, [*said["Entrypoint"], *said["Cmd"]], environment) as process:
        await eventually(lambda: _lives(port), within=60, every=0.2)
        check = [word.replace("5000", str(port)).replace("5001", str(port)) for word in said["Healthcheck"]["Test"][1:]]
        async with _started(root, check, environment) as health:
            if status := await health.wait():
                faults.append(f"its health check ends with {status}")
        os.kill(_child(process.pid), signal.SIGTERM)
        if status := await asyncio.wait_for(process.wait(), 30):
            faults.append(f"as the first process it ends with {status} after SIGTERM")
    return faults


@asynccontextmanager
async def _started(
    root: Path, command: list[str], environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    namespaces = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    words = [*namespaces, "sh", "-euc", _AS_CONTAINER, "sh", str(root), *command]
    search = f"{environment['PATH']}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(*words, env={**environment, "PATH": search})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _child(pid: int) -> int:
    """The one child of unshare: the first process of the new namespace."""
    [first] = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return int(first)


async def _lives(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/livez") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _digest(root: Path) -> str:
    """Of all files with their names, contents, rights, owners and times; without the places of mounts."""
    there = await asyncio.to_thread(lambda: sorted(each.name for each in root.iterdir()))
    folders = [each for each in there if each not in ("dev", "proc", "sys", "run", "tmp")]
    said = await run(["sh", "-c", 'tar -C "$0" --sort=name -c "$@" | sha256sum', root, *folders])
    return said.split()[0]


async def _bytes(root: Path) -> int:
    return int((await run(["du", "-sxb", root])).split()[0])


async def _compressed(root: Path) -> int:
    """As a registry stores it: the files in one archive, by gzip."""
    archive = await asyncio.create_subprocess_exec("tar", "-C", root, "-c", ".", stdout=asyncio.subprocess.PIPE)
    assert archive.stdout is not None
    packing, size = zlib.compressobj(6, wbits=31), 0
    while chunk := await archive.stdout.read(1 << 20):
        size += len(await asyncio.to_thread(packing.compress, chunk))
    return size + len(packing.flush())


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
