"""Fills every field that a person can reach with a text of its own, and finds those texts again, wherever they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shared.database import Executor

MARKERS: Final[Mapping[str, str]] = {
    name: f"zq{place:02}x{name.replace('_', '')}"
    for place, name in enumerate(
        (
            "id",
            "email",
            "name",
            "phone",
            "reason",
            "second_reason",
            "message",
            "request_id",
            "key",
            "staff_key",
            "error",
            "detail",
            "remark",
            "note",
            "letter",
            "foreign",
        )
    )
}
"""A text that stands nowhere else, by the field that it is written into."""
CLIENT: Final = f"{MARKERS['id']}-1"
EMAIL: Final = f"{MARKERS['email']}@patients.example"


async def dump(executor: Executor) -> Mapping[str, Sequence[str]]:
    """Every row of every table, all columns as text, by table: also of tables that will come."""
    tables = await executor.fetch(
        "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    return {table["name"]: await _rows(executor, table["name"]) for table in tables}


async def _rows(executor: Executor, table: str) -> Sequence[str]:
    return [row["line"] for row in await executor.fetch(f"SELECT t::text AS line FROM {table} AS t")]  # noqa: S608


def found_in(texts: Iterable[str], markers: Mapping[str, str] = MARKERS) -> set[str]:
    """The names of the markers that stand in these texts, in plain letters or as the hexadecimal digits of bytes."""
    whole = "\n".join(texts).lower()
    return {name for name, marker in markers.items() if marker in whole or marker.encode().hex() in whole}


async def where(executor: Executor) -> Mapping[str, set[str]]:
    """The markers that are in the database, by table."""
    found = {table: found_in(rows) for table, rows in (await dump(executor)).items()}
    return {table: names for table, names in found.items() if names}
