"""Each error that PostgreSQL or its driver knows has a meaning that somebody has chosen."""

import asyncio
import inspect
import ssl
from typing import Any, Final

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database import errors
from shared.database.errors import (
    BY_CLASS,
    BY_CODE,
    BY_SOURCE,
    Duplicate,
    Meaning,
    Occupied,
    by_sqlstate,
    meaning,
    translated,
    translation,
)
from shared.errors import Contention, DatabaseUnavailable, ItemRefused

AWAY, CONTENTION, ITEM, BUG = Meaning
NAMED: Final = {
    # what the issue has seen or read of, and what operators do to a server
    AWAY: (
        *("25006", "28P01", "28000", "3D000", "42501", "25P03", "25P04", "08000", "08001", "08003", "08004", "08006"),
        *("08007", "08P01", "53000", "53100", "53200", "53300", "53400", "55000", "55006", "57000", "57P01", "57P02"),
        *("57P03", "57P04", "57P05", "58000", "58030", "58P01", "XX000", "XX001", "XX002", "42P01", "42703", "3F000"),
    ),
    CONTENTION: ("40001", "40P01", "57014", "55P03", "26000", "42P05"),
    ITEM: ("22000", "22001", "22021", "22P05", "22P02", "23000", "23502", "23503", "23505", "23514", "23P01", "54000"),
    BUG: ("42601", "42P18", "42804", "21000", "25P02", "34000", "0A000"),
}


def classes() -> list[type[Any]]:
    """Every error of the driver's that has an SQLSTATE."""
    found = vars(asyncpg.exceptions).values()
    return [each for each in found if inspect.isclass(each) and getattr(each, "sqlstate", None)]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: f"{kind.sqlstate}-{kind.__name__}")
def test_every_sqlstate_of_the_driver_is_decided_on(kind: type[Any]) -> None:
    assert kind.sqlstate in BY_CODE or kind.sqlstate[:2] in BY_CLASS


def test_no_code_repeats_what_its_class_says_already() -> None:
    assert not [code for code, of in BY_CODE.items() if BY_CLASS.get(code[:2]) == of and code not in NOTED]


NOTED: Final = {"42602", "P0004"}
"""Said again, lest somebody takes them for their neighbours."""


@pytest.mark.parametrize(("code", "expected"), [(code, kind) for kind, codes in NAMED.items() for code in codes])
def test_what_is_known_to_come_means_what_it_should(code: str, expected: Meaning) -> None:
    assert by_sqlstate(code) is expected


def test_a_code_that_means_two_things_is_told_apart_by_the_servers_own_source() -> None:
    for (code, source), expected in BY_SOURCE.items():
        assert by_sqlstate(code, source) is expected
        assert by_sqlstate(code, "elsewhere") is not expected


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=5) | st.none(), st.none() | st.text())
def test_any_code_has_a_meaning_and_one_that_is_unknown_is_not_taken_for_a_bug(
    code: str | None, source: str | None
) -> None:
    found = by_sqlstate(code, source)
    if code is None or (code not in BY_CODE and code[:2] not in BY_CLASS):
        assert found is AWAY


@pytest.mark.parametrize(
    ("error", "connected", "expected"),
    [
        (asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"), True, BUG),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), True, BUG),
        (asyncpg.InterfaceError("connection is closed"), False, AWAY),
        (asyncpg.InternalClientError("cannot switch to state 2; another operation (1) is in progress"), True, BUG),
        (asyncpg.InternalClientError("not connected"), False, AWAY),
        (asyncpg.ProtocolError("bytes of something else"), True, AWAY),
        (asyncpg.TargetServerAttributeNotMatched("no primary"), False, AWAY),
        (asyncpg.OutdatedSchemaCacheError("type changed"), True, CONTENTION),
        (asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"), False, AWAY),
        (asyncpg.UnknownPostgresError("a pooler's own"), True, AWAY),
        (asyncpg.DataError("invalid input for query argument $1"), True, ITEM),
        (ConnectionResetError(), True, AWAY),
        (ssl.SSLError(), True, AWAY),
        (TimeoutError(), True, AWAY),
        (asyncio.CancelledError(), True, AWAY),
        (RuntimeError("no running event loop"), True, BUG),
        (RecursionError(), True, BUG),
        (NotImplementedError(), True, BUG),
        (TypeError(), True, BUG),
        (KeyError("column"), True, BUG),
        (asyncio.InvalidStateError(), True, BUG),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}" if isinstance(value, BaseException) else str(value),
)
def test_the_drivers_own_errors(error: BaseException, connected: bool, expected: Meaning) -> None:
    assert meaning(error, connected=connected) is expected


def _of(code: str, **fields: str) -> asyncpg.PostgresError:
    letters = {"constraint_name": "n", "table_name": "t", "detail": "D", "server_source_function": "R"}
    return asyncpg.PostgresError.new({"C": code, "M": "words", **{letters[name]: fields[name] for name in fields}})


def test_a_refused_row_is_told_by_its_constraint_and_without_its_values() -> None:
    twice = translation(_of("23505", constraint_name="one_each", detail="Key (email)=(ada@x.example) already exists."))
    assert isinstance(twice, Duplicate | ItemRefused)
    assert str(twice) == "one_each"
    assert isinstance(translation(_of("23P01", constraint_name="no_overlap")), Occupied)
    refused = translation(asyncpg.DataError("invalid input for query argument $1: 'ada@x.example' (expected int)"))
    assert isinstance(refused, ItemRefused)
    assert "ada" not in str(refused)
    assert isinstance(translation(_of("0A000", server_source_function="RevalidateCachedQuery")), Contention)


async def test_a_cancellation_that_nobody_asked_for_is_the_end_of_a_connection() -> None:
    with pytest.raises(DatabaseUnavailable), translated():
        raise asyncio.CancelledError


async def test_a_bug_passes_as_it_is() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("column")
    assert errors.UNKNOWN is AWAY
