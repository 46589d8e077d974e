"""Undocumented names of libraries: each one exists in the locked version, and stands in its one file."""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from packaging.requirements import Requirement
from structlog.testing import capture_logs

from api_service.web import aiohttp_3_14
from notifier_service.channels.email.smtp import aiosmtplib_5_1
from shared.broker import aiormq_7_2, aiormq_7_2_deliveries, pamqp_4_0
from shared.process import library_internals
from shared.process.library_internals import Internals, allow, usable

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("api_service", "notifier_service", "shared")
FILES: Final = (aiohttp_3_14, aiormq_7_2, aiormq_7_2_deliveries, aiosmtplib_5_1, pamqp_4_0)
NAMES: Final = [
    (file, owner, name) for file in FILES for owner, names in file.INTERNALS.names.items() for name in names
]
PRIVATE: Final = re.compile(r"_[a-z]\w*")


def has(owner: object, name: str) -> bool:
    """Whether a module, or the instances of a class, have an attribute."""
    if hasattr(owner, name) or name in getattr(owner, "__dataclass_fields__", ()):
        return True
    mro = inspect.getmro(owner)[:-1] if inspect.isclass(owner) else ()
    return any(re.search(rf"\bself\.{name}\b.* = ", inspect.getsource(each)) for each in mro if is_foreign(each))


def is_foreign(owner: type) -> bool:
    root = owner.__module__.partition(".")[0]
    return root not in PACKAGES and root not in sys.stdlib_module_names


@pytest.mark.parametrize(
    ("file", "owner", "name"), NAMES, ids=lambda each: getattr(each, "__name__", str(each)).rpartition(".")[2]
)
def test_a_name_that_is_used_exists_and_is_used(file: ModuleType, owner: object, name: str) -> None:
    assert has(owner, name)
    assert re.search(rf"(\.|def ){name}\b|\({name}=|, {name}=", inspect.getsource(file))


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert not any(has(owner, "_no_such_name") for _, owner, _ in NAMES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.INTERNALS.library)
def test_a_file_is_named_after_a_version_that_is_locked_and_declared_up_to_the_next_major(file: ModuleType) -> None:
    internals: Internals = file.INTERNALS
    name = f"{internals.library}_{internals.tested.replace('.', '_')}"
    assert re.fullmatch(rf"{name}(_[a-z]+)?", file.__name__.rpartition(".")[2])
    assert internals.know(version(internals.library)), "test its names with the new version, then rename the file"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [declared] = [each for each in map(Requirement, project["dependencies"]) if each.name == internals.library]
    major = int(internals.tested.partition(".")[0])
    assert declared.specifier.contains(f"{internals.tested}.99")
    assert declared.specifier.contains(f"{major}.99") and not declared.specifier.contains(f"{major + 1}.0")


def our_modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def inherited(module: ModuleType) -> Iterator[tuple[type, str]]:
    """Private names of foreign classes that the module's classes use on themselves."""
    for _, ours in inspect.getmembers(module, inspect.isclass):
        foreign = [each for each in inspect.getmro(ours)[1:] if is_foreign(each)]
        if ours.__module__ != module.__name__ or not foreign:
            continue
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(ours)))):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "name", None)
            if isinstance(name, str) and PRIVATE.fullmatch(name):
                yield from ((each, name) for each in foreign if has(each, name))


def test_private_names_come_by_inheritance_into_the_files_that_declare_them_alone() -> None:
    declared = {name for _, _, name in NAMES}
    found = {(module, name) for module in our_modules() for _, name in inherited(module)}
    assert ("api_service.web.aiohttp_3_14", "_waiter") in {(module.__name__, name) for module, name in found}
    strangers = {(module.__name__, name) for module, name in found if module not in FILES or name not in declared}
    assert strangers == set()


def private_imports(source: str) -> Iterator[str]:
    """Modules and names of others that an import names, and that are private."""
    for node in ast.walk(ast.parse(source)):
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        for name in (f"{module}.{each}".strip(".") for each in names):
            if name.partition(".")[0] not in PACKAGES and re.search(r"(^|\.)_[a-z]", name):
                yield name


def test_nothing_private_of_others_is_imported() -> None:
    assert list(private_imports("from asyncio._x import y\nimport a.b, _c\nfrom d import _e")) == [
        "asyncio._x.y",
        "_c",
        "d._e",
    ]
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert {path: names for path in files if (names := list(private_imports(path.read_text("utf-8"))))} == {}


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    allow(True)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("allowed", "tested", "reason"),
    [(True, "7.2", None), (True, "7.1", "another version than was tested"), (False, "7.2", "LIBRARY_INTERNALS=off")],
)
def test_the_choice_is_made_once_and_told_once(
    allowed: bool, tested: str, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_internals, "version", lambda _: "7.2.4")
    allow(allowed)
    internals = Internals("aiormq", tested, {}, instead="the plain way")
    with capture_logs() as logs:
        assert [usable(internals) for _ in range(3)] == [reason is None] * 3
    assert [each["reason"] for each in logs] == ([] if reason is None else [reason])
