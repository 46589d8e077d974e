"""No test asserts at once a thing that another process does a moment later, or waits only as long as a calm machine
needs."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.support.repository import ROOT
from tests.support.waiting import LONGEST

TESTS: Final = sorted(
    each
    for each in (ROOT / "tests").rglob("*.py")
    if each.relative_to(ROOT / "tests").parts[0] not in ("bench", "drills", "images", "pictures")
)
BY_ITSELF: Final = [ROOT / "tests" / "unit" / "support" / name for name in ("test_waiting.py", "test_asked_at_once.py")]
"""Tests of the waiting, whose deadlines pass."""
ANOTHERS: Final = {
    "metric": "await service.shows(sample, value)",
    "ready": "await eventually(service.ready)",
}
"""Methods that ask a service, by the statement that waits for the answer."""
WAITS: Final = {"eventually", "timeout", "wait_for"}


def asserts(tree: ast.AST, *, of_test: bool = False) -> Iterator[ast.Assert]:
    """The assertions of tests, without those of the conditions that they wait for."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from asserts(node, of_test=node.name.startswith("test_"))
        elif isinstance(node, ast.Assert) and of_test:
            yield node
        else:
            yield from asserts(node, of_test=of_test)


def asked_at_once(source: str) -> list[str]:
    return [
        f"line {each.lineno}: {ANOTHERS[asked.func.attr]}"
        for each in asserts(ast.parse(source))
        for awaited in ast.walk(each)
        if isinstance(awaited, ast.Await)
        for asked in ast.walk(awaited)
        if isinstance(asked, ast.Call) and isinstance(asked.func, ast.Attribute) and asked.func.attr in ANOTHERS
    ]


def short_deadlines(source: str) -> list[str]:
    """Deadlines that are written as a number of seconds below `LONGEST`."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and _name(call.func) in WAITS:
            given = [*call.args, *(each.value for each in call.keywords if each.arg in ("within", "timeout"))]
            numbers = [
                each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, int | float)
            ]
            found += [f"line {call.lineno}: {number}" for number in numbers if number < LONGEST]
    return found


def found_in(files: Iterable[Path], look: Callable[[str], list[str]]) -> dict[str, list[str]]:
    looked = {str(each.relative_to(ROOT)): look(each.read_text("utf-8")) for each in files}
    return {name: found for name, found in looked.items() if found}


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def test_a_value_of_a_service_is_waited_for() -> None:
    assert found_in(TESTS, asked_at_once) == {}


def test_every_deadline_is_one_for_a_full_machine() -> None:
    assert found_in([each for each in TESTS if each not in BY_ITSELF], short_deadlines) == {}


def test_it_finds_them() -> None:
    at_once = "async def test_it(api):\n    if api:\n        assert [await api.metric('one')] == [1]\n"
    assert asked_at_once(at_once) == ["line 3: await service.shows(sample, value)"]
    probe = "async def test_it(api):\n    async def shown():\n        assert await api.metric('one') == 1\n"
    assert asked_at_once(probe) == []
    assert short_deadlines("eventually(told, within=20)\nasyncio.timeout(90)\nwait_for(x, 5)") == [
        "line 1: 20",
        "line 3: 5",
    ]
