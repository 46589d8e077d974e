"""Builds a release from the commit that is checked out, twice; tries its wheel; writes dist/VERSION: `make release`."""

import argparse
import asyncio
import hashlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from deploy.local.processes import NotReady, run
from deploy.release.building import ROOT, Source, build, tools, unpacked
from deploy.release.trial import installed, left_out, tried

BILL: Final = "cdx.json"


async def main() -> int:
    parser = argparse.ArgumentParser("release", description=__doc__)
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="punctual-release-") as folder:
        work = Path(folder)
        await run(["chmod", "755", work])  # PostgreSQL runs as another user
        try:
            source, files = await _release(work)
        except (RuntimeError, NotReady, ValueError) as error:
            print(f"punctual: no release: {error}", file=sys.stderr)
            return 1
    target = options.dist / source.version
    await asyncio.to_thread(_write, target, files)
    for name, content in sorted(files.items()):
        print(f"{hashlib.sha256(content).hexdigest()}  {name}")
    print(f"punctual: {target} is ready; deploy/release/releases.toml wants the commit of {source.version} next")
    return 0


async def _release(work: Path) -> tuple[Source, dict[str, bytes]]:
    source = await unpacked(work / "first")
    if await run(["git", "-C", ROOT, "status", "--porcelain"]):
        _say("this tree has changes that are not committed: they are no part of the release")
    python = await tools(work / "tools", source)
    files = await build(source, python, work / "first" / "dist")
    again = await build(await unpacked(work / "second"), python, work / "second" / "dist")
    if differing := [name for name, content in files.items() if again.get(name) != content]:
        raise RuntimeError(f"two builds differ in {', '.join(differing)}")
    _say(f"built {source.version} twice with the same bytes: {', '.join(sorted(files))}")
    [wheel] = (work / "first" / "dist").glob("*.whl")
    if lacking := left_out(source, wheel):
        raise RuntimeError(f"the wheel lacks {', '.join(sorted(lacking))}")
    scripts = await installed(source, wheel, python, work / "environment")
    _say("installed the wheel into a new environment, by the hashes of the lock")
    await tried(source, scripts, work / "servers")
    _say("it migrates, books, mails, reminds, shows its pages and stops")
    bill = [await _bill(source, python, scripts, work / f"bill-{number}.json") for number in range(2)]
    if bill[0] != bill[1]:
        raise RuntimeError("two bills of materials differ")
    return source, {**files, f"punctual-{source.version}.{BILL}": bill[0]}


async def _bill(source: Source, python: Path, scripts: Path, file: Path) -> bytes:
    """CycloneDX (https://cyclonedx.org) of the environment that was tried. The tool checks it against its schema."""
    project = source.tree / "pyproject.toml"
    options: list[str | Path] = ["--pyproject", project, "--output-reproducible", "--output-format", "JSON"]
    await run([python.with_name("cyclonedx-py"), "environment", *options, "--output-file", file, scripts / "python"])
    content = await asyncio.to_thread(file.read_bytes)
    if not json.loads(content)["components"]:
        raise RuntimeError("the bill of materials is empty")
    return content


def _write(target: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    (target / "SHA256SUMS").write_text(sums, "utf-8")


def _say(line: str) -> None:
    print(f"punctual: {time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
