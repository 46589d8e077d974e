"""The version stands in pyproject.toml, and whatever else names it says the same."""

import re
import tomllib
from typing import Final

from packaging.version import Version

from tests.support.repository import DEPLOY, DOCS, ROOT

VERSION: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
_SEMANTIC: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
"""https://semver.org, of releases alone."""
_IMAGE: Final = re.compile(r"\bpunctual-(?:api|notifier):([\w.-]+)")


def test_it_is_semantic_and_newer_than_every_release() -> None:
    released = tomllib.loads((DEPLOY / "release" / "releases.toml").read_text("utf-8"))
    assert released
    assert all(_SEMANTIC.fullmatch(each) for each in (VERSION, *released))
    assert Version(VERSION) > max(map(Version, released))


def test_the_images_that_files_name_are_of_this_version() -> None:
    files = [*(DEPLOY / "kubernetes").rglob("*.yaml"), *DOCS.glob("*.md")]
    named = {file: set(_IMAGE.findall(file.read_text("utf-8"))) for file in files}
    assert sum(map(bool, named.values())) > 3
    assert {file: versions for file, versions in named.items() if versions - {VERSION}} == {}
