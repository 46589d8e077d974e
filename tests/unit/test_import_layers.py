"""Every folder has a floor plan: who stands above may import what stands below, and nothing imports in a circle.

The plans are the `layers` contracts of pyproject.toml, which import-linter checks. Here stands which folders need one.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import grimp
import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("api_service", "notifier_service", "shared")
MOST_WITHOUT: Final = 5
"""Modules and folders that one folder may hold without a contract of its own."""
WITHOUT_CONTRACT: Final[frozenset[str]] = frozenset({})
"""Folders that need a contract and have none yet. Delete an entry with the contract that makes it needless."""
CIRCULAR: Final[frozenset[str]] = frozenset()
"""Folders with a circle between what stands in them. Delete an entry with the circle."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def folders(graph: grimp.ImportGraph) -> Iterator[tuple[str, list[str]]]:
    """Each folder with the modules and folders in it; folders of data (SQL, templates) are none."""
    for folder in sorted({module.rpartition(".")[0] for module in graph.modules} - {""}):
        yield folder, sorted(each for each in graph.find_children(folder) if not is_data(graph, each))


def is_data(graph: grimp.ImportGraph, module: str) -> bool:
    """Whether it is a folder that holds no code: only an `__init__.py` with its one sentence."""
    place = ROOT.joinpath(*module.split("."))
    return place.is_dir() and not graph.find_children(module)


def layered() -> Mapping[str, Mapping[str, Any]]:
    """The layers contracts by the folder that they are about."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {
        folder: contract
        for contract in contracts
        if contract["type"] == "layers"
        for folder in contract.get("containers", ())
    }


def test_every_folder_of_more_than_five_modules_has_a_contract_that_names_them_all(graph: grimp.ImportGraph) -> None:
    contracts = layered()
    without = {
        folder
        for folder, inside in folders(graph)
        if len(inside) > MOST_WITHOUT and not contracts.get(folder, {}).get("exhaustive", False)
    }
    assert without == WITHOUT_CONTRACT


def test_contracts_exempt_no_code(graph: grimp.ImportGraph) -> None:
    """Only folders of data may stand on no floor; no import is let through."""
    for folder, contract in layered().items():
        exempt = [f"{folder}.{name}" for name in contract.get("exhaustive_ignores", ())]
        assert all(is_data(graph, each) for each in exempt), folder
        assert not contract.get("ignore_imports"), folder
        assert not any(":" in layer for layer in contract["layers"]), (
            f"{folder}: a colon lets neighbours import in a circle"
        )


def test_nothing_imports_in_a_circle(graph: grimp.ImportGraph) -> None:
    circular = {folder: circle for folder, inside in folders(graph) if (circle := circle_in(graph, folder, inside))}
    assert circular.keys() == CIRCULAR, circular


def circle_in(graph: grimp.ImportGraph, folder: str, inside: list[str]) -> list[str]:
    """Those of `inside` that import each other in a circle, by what they and their descendants import. Whoever imports
    the folder itself imports what its front door does."""
    front_door = with_folders(graph.find_modules_directly_imported_by(folder))
    imports = {}
    for each in inside:
        direct = {
            imported
            for module in {each} | graph.find_descendants(each)
            for imported in graph.find_modules_directly_imported_by(module)
        }
        imports[each] = ((with_folders(direct) | (front_door if folder in direct else set())) & {*inside}) - {each}
    while leaves := [each for each, below in imports.items() if not below]:
        imports = {each: below.difference(leaves) for each, below in imports.items() if each not in leaves}
    return sorted(imports)


def with_folders(modules: set[str]) -> set[str]:
    """Modules, and the folders that they stand in."""
    parts = [module.split(".") for module in modules]
    return {".".join(each[:length]) for each in parts for length in range(1, len(each) + 1)}
