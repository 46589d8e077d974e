"""Installed packages have byte code beside their files (pip compiles it): what is read by folder leaves it alone."""

import compileall
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from shared.database.migrations.files import migrations
from tests.support.repository import ROOT

READS: Final = """
from shared.database.migrations.files import migrations
from shared.wording import loading

loading.builtin()
print(loading.__file__)
print(*(each.name for each in migrations()))
"""


def test_the_migrations_and_texts_of_a_compiled_package_are_read(tmp_path: Path) -> None:
    copy = tmp_path / "shared"
    shutil.copytree(ROOT / "shared", copy)
    assert compileall.compile_dir(copy, quiet=1)
    assert (copy / "database" / "migrations" / "online" / "__pycache__").is_dir()

    done = subprocess.run(
        [sys.executable, "-c", READS],
        cwd=tmp_path,  # the first place where it looks for packages
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    read_from, names = done.stdout.splitlines()
    assert Path(read_from).is_relative_to(copy)
    assert names.split() == [each.name for each in migrations()]
