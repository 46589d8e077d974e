"""Reads a CSV file of any bytes into rows by column name. Pure, but for opening the file."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api_service.importing.faults import FileFaults, UnreadableFile

LARGEST: Final = 256 * 1024 * 1024
"""Bytes. Half a million appointments need a quarter of it."""
ENCODINGS: Final = ("utf-8", "utf-16", "cp1252", "latin-1")
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS: Final = (",", ";", "\t", "|")
_HEADER_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class TableRow:
    """`line`: where the row begins. `values`: by column, without empty ones."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a table must have, and those that it may have."""

    required: Sequence[str]
    optional: Sequence[str] = ()


def load(path: Path) -> bytes:
    """The bytes of a file. Raises UnreadableFile."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableFile(f"{path}: {reason or 'cannot be opened'}") from None
    if len(data) > LARGEST:
        raise UnreadableFile(f"{path}: is larger than {LARGEST // 1024 // 1024} MiB; split it")
    return data


def read(data: bytes, columns: Columns, faults: FileFaults, *, encoding: str = "utf-8") -> list[TableRow]:
    """The rows of a CSV file (RFC 4180), whose header names the columns in any order. A byte order mark outranks
    `encoding`. The delimiter is a comma, semicolon, tab or bar: the one that splits the header into known names.

    An empty value, and NULL as SQL Server's tools write it, count as missing. A row at fault is left out and added to
    `faults`; without a readable header there are no rows.
    """
    text = _decoded(data, encoding, faults)
    if text is None:
        return []
    first, skipped = _without_separator_line(text)
    header_end = first.find("\n")
    delimiter = _delimiter(first[: header_end if header_end >= 0 else len(first)], columns)
    records = _records(first, delimiter, skipped, faults)
    header = next(records, None)
    if header is None:
        faults.add(1, None, "has no header")
        return []
    names = _names(*header, columns, faults)
    return [] if names is None else list(_rows(records, names, faults))


def _decoded(data: bytes, encoding: str, faults: FileFaults) -> str | None:
    encoding = next((marked for mark, marked in _MARKS if data.startswith(mark)), encoding)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        said = f"byte {error.start + 1} of the file is not {encoding.removesuffix('-sig').upper()}"
        faults.add(before.count("\n") + 1, None, f"{said}: try --encoding")
        return None


def _without_separator_line(text: str) -> tuple[str, int]:
    """Without Excel's first line "sep=;", and the number of lines that this is."""
    first, end, rest = text.partition("\n")
    return (rest, 1) if end and first.strip().lower() in {f"sep={each}" for each in _DELIMITERS} else (text, 0)


def _delimiter(header: str, columns: Columns) -> str:
    known = {name.lower() for name in (*columns.required, *columns.optional)}

    def hits(delimiter: str) -> int:
        return sum(name.strip().strip('"').lower() in known for name in header.split(delimiter))

    return max(_DELIMITERS, key=hits)


def _records(text: str, delimiter: str, skipped: int, faults: FileFaults) -> Iterator[tuple[int, list[str]]]:
    """The records, each with the line where it begins. Blank lines are none."""
    csv.field_size_limit(LARGEST)  # how long a value may be is for each column to say
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            record = next(reader, None)
        except csv.Error as error:
            faults.add(line, None, f"is no CSV: {error}")
            continue
        if record is None:
            return
        if record:
            yield line, record


def _names(line: int, header: Sequence[str], columns: Columns, faults: FileFaults) -> list[str] | None:
    """The columns of the header, spelled as we do; None when a name is unknown, missing, or there twice."""
    spelled = {name.lower(): name for name in (*columns.required, *columns.optional)}
    found = [spelled.get(name.strip().lower()) for name in header]
    before = faults.total
    for given, name in zip(header, found, strict=True):
        if name is None:
            faults.add(line, None, f"unknown column {given[:_HEADER_SHOWN]!a}; known: {', '.join(spelled.values())}")
    names = [name for name in found if name is not None]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            faults.add(line, name, "is there twice")
    for name in columns.required:
        if name not in names:
            faults.add(line, name, "is missing in the header")
    return names if faults.total == before else None


def _rows(records: Iterator[tuple[int, list[str]]], names: Sequence[str], faults: FileFaults) -> Iterator[TableRow]:
    for line, record in records:
        if len(record) != len(names):
            faults.add(line, None, f"has {len(record)} values instead of {len(names)}")
            continue
        values = zip(names, record, strict=True)
        yield TableRow(line, {name: value for name, value in values if value.strip() not in ("", "NULL")})
