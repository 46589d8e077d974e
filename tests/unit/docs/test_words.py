"""The glossary has each word once, in order; replaced names do not come back; no two classes have the same name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
FOLDERS: Final = ("api_service", "notifier_service", "shared", "deploy")
REPLACED: Final = {
    "census": "job gauges",
    "departure": "draining",
    "desk": "service",
    "epitaph": "ending",
    "lane": "exchange publisher",
    "parcel": "publication",
    "patience": "time-out, longest wait",
    "reaching": "driver errors",
}
"""Names that only we understood, and the words in their place."""


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = re.findall(r"^\| ([^|]+?) \| ", text, re.MULTILINE)[1:]
    assert words == sorted(set(words), key=str.casefold)


def test_no_name_of_the_code_is_a_replaced_one() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name} ({REPLACED[part]})"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for name in names(path)
        for part in parts(name)
        if part in REPLACED
    }
    assert not found


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert not {name: found for name, found in places.items() if len(found) > 1}


def names(path: Path) -> Iterator[str]:
    """The file's name, and every name that it defines."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name


def parts(name: str) -> list[str]:
    """The words of a name, in lower case.

    >>> parts("MailDesk"), parts("_LONGEST_WAIT")
    (['mail', 'desk'], ['longest', 'wait'])
    """
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
