"""The lock files serve every Python that pyproject.toml allows, and pin whatever it declares."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(each) for each in project["dependencies"]]


def pinned() -> Iterator[Requirement]:
    for line in (ROOT / "requirements" / "production.txt").read_text("utf-8").splitlines():
        if line and line[0].isalnum():
            yield Requirement(line.removesuffix("\\"))


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_is_declared_is_pinned_once_within_its_bounds(python: str) -> None:
    there = {"python_version": python, "python_full_version": f"{python}.0"}
    here = [each for each in pinned() if each.marker is None or each.marker.evaluate(there)]
    versions = {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in here}
    assert len(versions) == len(here)
    for wanted in declared():
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), wanted
