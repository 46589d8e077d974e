"""The statements of the drills fit today's schema: a drill runs for minutes before its first one."""

import ast
from collections.abc import Iterator
from typing import Final

import asyncpg

from tests.drills.successes import RECORD
from tests.support.repository import ROOT

_FIRST_WORDS: Final = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements() -> Iterator[tuple[str, str]]:
    """Each literal that is a statement, with its place. Those that are put together of parts are left out."""
    for file in sorted((ROOT / "tests" / "drills").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                text = node.value.strip()
                if text.startswith(_FIRST_WORDS):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", text


async def test_the_server_understands_every_statement(database_url: str) -> None:
    found, refused = list(statements()), []
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(RECORD)
        for place, text in found:
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                refused.append(f"{place}: {error}")
    finally:
        await connection.close()
    assert len(found) > 20
    assert not refused
