"""Any bytes may stand in a CSV file."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.importing.faults import LISTED, FileFaults
from api_service.importing.table import Columns, TableRow, read

COLUMNS = Columns(["id", "doctorId"], ["reason"])


def rows_of(data: bytes, encoding: str = "utf-8") -> tuple[list[TableRow], list[str]]:
    faults = FileFaults()
    return read(data, COLUMNS, faults, encoding=encoding), list(faults.lines())


@pytest.mark.parametrize(
    "data",
    [
        b"id,doctorId,reason\n7,d,Ma\xc3\x9fe\n",
        b"\xef\xbb\xbfid,doctorId,reason\r\n7,d,Ma\xc3\x9fe",
        b"sep=;\r\nid;doctorId;reason\r\n7;d;Ma\xc3\x9fe\r\n",
        "reason\tDOCTORID\t id \nMaße\td\t7\n".encode("utf-16"),
        "id;doctorId;reason\n7;d;Maße\n".encode("utf-16-be").join([b"\xfe\xff", b""]),
        b'"id"|"doctorId"|"reason"\n\n"7"|"d"|"Ma\xc3\x9fe"\n\n',
    ],
)
def test_the_usual_spellings_of_a_csv_file_are_one_table(data: bytes) -> None:
    rows, faults = rows_of(data)
    assert not faults
    assert [dict(row.values) for row in rows] == [{"id": "7", "doctorId": "d", "reason": "Maße"}]


def test_an_encoding_may_be_said() -> None:
    data = "id,doctorId,reason\n7,d,Maße\n".encode("cp1252")
    assert rows_of(data)[1] == ["line 2: byte 26 of the file is not UTF-8: try --encoding"]
    assert rows_of(data, "cp1252")[0][0].values["reason"] == "Maße"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "line 1: has no header"),
        (b"\n\n", "line 1: has no header"),
        (b"id\n7\n", "line 1: doctorId is missing in the header"),
        (b"id,doctorId,id\n", "line 1: id is there twice"),
        (b"id,doctorId,confirmd\n", "line 1: unknown column 'confirmd'; known: id, doctorId, reason"),
        (b"id,doctorId\n7\n", "line 2: has 1 values instead of 2"),
        (b"id,doctorId\n7,d,x\n", "line 2: has 3 values instead of 2"),
        (b'id,doctorId\n1,d\n"7,d\n8,d\n', "line 3: is no CSV: unexpected end of data"),
        (b'id,doctorId\n"7"x,d\n', "line 2: is no CSV: ',' expected after '\"'"),
        (b"id,doctorId\n7,d\xff\n", "line 2: byte 16 of the file is not UTF-8: try --encoding"),
        (b"\xff\xfei\x00d\x00\n", "line 1: byte 7 of the file is not UTF-16: try --encoding"),
        (b"i\x00d\x00,\x00", "line 1: unknown column 'i\\x00d\\x00'; known: id, doctorId, reason"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(data: bytes, fault: str) -> None:
    assert rows_of(data)[1][0] == fault


def test_a_row_at_fault_does_not_hide_the_others_and_keeps_their_lines() -> None:
    rows, faults = rows_of(b'id,doctorId,reason\n1,d,"two\nlines"\n2\n3,d,NULL\n')
    assert [(row.line, dict(row.values)) for row in rows] == [
        (2, {"id": "1", "doctorId": "d", "reason": "two\nlines"}),
        (5, {"id": "3", "doctorId": "d"}),
    ]
    assert faults == ["line 4: has 1 values instead of 3"]


def test_a_field_of_ten_megabytes_is_a_value_like_any_other() -> None:
    rows, faults = rows_of(b"id,doctorId\n" + b"7" * 10_000_000 + b",d\n8,d\n")
    assert not faults
    assert [len(row.values["id"]) for row in rows] == [10_000_000, 1]


def test_the_list_of_faults_is_bounded_and_all_are_counted() -> None:
    _, faults = rows_of(b"id,doctorId\n" + b"7\n" * 1000)
    assert len(faults) == LISTED + 1
    assert faults[-1] == f"and {1000 - LISTED} more"


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]))
def test_no_bytes_raise_and_each_row_has_the_columns(data: bytes, encoding: str) -> None:
    rows, faults = rows_of(b"id,doctorId\n" + data, encoding)
    assert all(set(row.values) <= {"id", "doctorId"} for row in rows)
    assert rows_of(data, encoding)[1] or not rows_of(data, encoding)[0] or b"id" in data.lower()
    assert all(len(fault) < 500 for fault in faults)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(st.tuples(_TEXT, _TEXT, _TEXT), max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8-sig", "utf-16"]),
)
def test_whatever_a_csv_writer_writes_is_read_back(
    values: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "doctorId", "reason"), *values])
    rows, faults = rows_of(file.getvalue().encode(encoding))
    assert not faults
    said = [
        {n: v for n, v in zip(("id", "doctorId", "reason"), each, strict=True) if v.strip() not in ("", "NULL")}
        for each in values
    ]
    assert [dict(row.values) for row in rows] == said
