"""Gives each error of PostgreSQL and its driver a meaning: the one table (docs/decisions/0016).

The SQLSTATE decides: the exact code first, then its class. Codes:
https://www.postgresql.org/docs/current/errcodes-appendix.html.

No SQL of ours is composed at run time, and a test prepares every statement against the newest schema. So a missing
object means that the schema is not ours for the moment (a restore, a rename, a pending migration). That is an outage
like any other.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Final

import asyncpg

from shared.errors import Contention, DatabaseUnavailable, ItemRefused, PunctualError
from shared.process.lifecycle import is_cancelled


class Meaning(Enum):
    """The right reaction to an error."""

    AWAY = "away"  # wait, try again; 503
    CONTENTION = "contention"  # nothing was done: try again at once
    ITEM = "item"  # this item alone fails
    BUG = "bug"  # our bug: this operation fails, with a traceback


AWAY, CONTENTION, ITEM, BUG = Meaning

BY_CLASS: Final[Mapping[str, Meaning]] = {
    "00": BUG,  # no errors: success, warnings, no data
    "01": BUG,
    "02": BUG,
    "03": BUG,  # embedded SQL only
    "08": AWAY,  # connection; poolers answer 08P01 when they cannot reach the server
    "09": ITEM,  # an operator's trigger
    "0A": BUG,  # not supported
    "0B": BUG,  # a transaction begun or ended in the wrong place
    "0F": BUG,  # large objects
    "0L": BUG,  # grants
    "0P": BUG,  # SET ROLE
    "0Z": BUG,  # diagnostics in a function
    "10": ITEM,  # XQuery: values
    "20": ITEM,  # CASE without a branch, in a function
    "21": BUG,  # more rows than the statement allows
    "22": ITEM,  # values that cannot be stored, whoever typed them
    "23": ITEM,  # constraints
    "24": BUG,  # cursors
    "25": BUG,  # a statement outside its order in the transaction
    "26": CONTENTION,  # the prepared statement is gone (a pooler changed the server): prepared anew, elsewhere
    "27": ITEM,  # a trigger has changed the row under the statement
    "28": AWAY,  # password rotated, role or pg_hba.conf changed
    "2B": BUG,  # dropping an object in use
    "2D": BUG,  # COMMIT inside a function
    "2F": ITEM,  # an operator's function
    "34": BUG,  # cursors
    "38": ITEM,  # an operator's function
    "39": ITEM,
    "3B": BUG,  # savepoints
    "3D": AWAY,  # the database is gone: it is being restored or renamed
    "3F": AWAY,  # as 3D, for a schema
    "40": CONTENTION,  # rolled back in favour of others
    "42": BUG,  # syntax
    "44": ITEM,  # a view's check option
    "53": AWAY,  # out of disk, memory or connections, or a limit of the configuration
    "54": ITEM,  # a value beyond a limit, such as an index row that is too long
    "55": AWAY,  # "not currently accepting connections", or an object in use
    "57": AWAY,  # an operator, or a shutdown
    "58": AWAY,  # the server's files and disks
    "72": CONTENTION,  # snapshot too old
    "F0": AWAY,  # the server's configuration
    "HV": AWAY,  # a foreign server behind this one
    "P0": ITEM,  # RAISE in an operator's trigger
    "XX": AWAY,  # "could not open relation", "invalid page": damage in the server, not caused by us
}

BY_CODE: Final[Mapping[str, Meaning]] = {
    "25006": AWAY,  # the server has become a standby, or read-only
    "25P03": AWAY,  # idle_in_transaction_session_timeout
    "25P04": AWAY,  # transaction_timeout
    "40002": ITEM,  # a deferred constraint
    "40003": AWAY,  # nobody knows whether it was done: never try again at once
    "42501": AWAY,  # permission removed
    "42602": BUG,
    "42703": AWAY,  # no such column, object, function, table: the schema is not ours for the moment
    "42704": AWAY,
    "42883": AWAY,
    "42P01": AWAY,
    "42P05": CONTENTION,  # a pooler's server has a statement of that name already
    "54001": BUG,  # stack depth
    "54011": BUG,  # too many columns, arguments
    "54023": BUG,
    "55P02": BUG,  # a parameter that cannot be changed
    "55P03": CONTENTION,  # lock_timeout: somebody holds the lock
    "55P04": BUG,  # an enum value of the same transaction
    "57014": CONTENTION,  # pg_cancel_backend, statement_timeout, a conflict with recovery
    "P0004": ITEM,  # ASSERT in an operator's function
}

BY_SOURCE: Final[Mapping[tuple[str, str], Meaning]] = {
    # The function in the server's source that raised the error: its only mark that no locale translates.
    ("0A000", "RevalidateCachedQuery"): CONTENTION,  # a migration has changed the result type of a prepared statement
    ("54000", "GetNewTransactionId"): AWAY,  # no transaction ids are left until a VACUUM
    ("54000", "GetNewMultiXactId"): AWAY,
}

UNKNOWN: Final = AWAY
"""A class that no PostgreSQL has: it comes from a pooler, an extension or a newer server. It is not our bug, and
waiting loses nothing."""

ANOTHER_SERVER: Final = frozenset({"25006", "26000", "42P05"})
"""Errors that the next connection may not meet: the pool then closes all its connections."""


class Occupied(ItemRefused):
    """An exclusion constraint refused the row: another row overlaps it."""


class Duplicate(ItemRefused):
    """A unique constraint refused the row: such a row exists already."""


class DanglingReference(ItemRefused):
    """A foreign key refused it: the row that it refers to is gone; or, of a deletion, other rows refer to it."""


def meaning(error: BaseException, *, connected: bool = True) -> Meaning:
    """The meaning of a driver's error. `connected`: whether its connection is still usable. If not, the driver's
    complaints about its own state only mean that the connection has ended."""
    if isinstance(error, asyncpg.PostgresError):
        return by_sqlstate(error.sqlstate, getattr(error, "server_source_function", None))
    if isinstance(error, asyncpg.OutdatedSchemaCacheError):
        return CONTENTION  # a type has changed since the driver read it
    if isinstance(error, asyncpg.ProtocolError | asyncpg.TargetServerAttributeNotMatched):
        return AWAY  # bytes that PostgreSQL does not send; or no host takes writes
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return BUG if connected else AWAY
    return AWAY if isinstance(error, OSError | TimeoutError | asyncio.CancelledError) else BUG


def by_sqlstate(code: str | None, source: str | None = None) -> Meaning:
    """The meaning of a server's error, by its SQLSTATE and by the function in the server's source that raised it."""
    if code is None:
        return UNKNOWN
    of_source = None if source is None else BY_SOURCE.get((code, source))
    return of_source or BY_CODE.get(code) or BY_CLASS.get(code[:2], UNKNOWN)


def translation(error: BaseException, *, connected: bool = True) -> PunctualError | None:
    """Our error for a driver's error; None for a bug, which stays as it is. Its text holds no value, since values may
    be personal data, and errors are logged."""
    match meaning(error, connected=connected):
        case Meaning.AWAY:
            return DatabaseUnavailable(words(error))
        case Meaning.CONTENTION:
            return Contention(words(error))
        case Meaning.ITEM:
            return _refusal(error)
        case _:
            return None


@contextmanager
def translated(*, connected: bool = True) -> Iterator[None]:
    """Translates the driver's errors into DatabaseUnavailable, Contention or ItemRefused.

    A CancelledError that nobody asked for means that the connection has ended.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise DatabaseUnavailable("the connection ended") from error
    except Exception as error:
        if (ours := translation(error, connected=connected)) is None:
            raise
        raise ours from error


def _refusal(error: BaseException) -> ItemRefused:
    constraint = getattr(error, "constraint_name", None) or ""
    if isinstance(error, asyncpg.ExclusionViolationError):
        return Occupied(constraint)
    if isinstance(error, asyncpg.UniqueViolationError):
        return Duplicate(constraint)
    place = (getattr(error, each, None) for each in ("table_name", "column_name", "constraint_name"))
    said = " ".join([type(error).__name__, getattr(error, "sqlstate", None) or "", *filter(None, place)])
    return DanglingReference(said) if isinstance(error, asyncpg.ForeignKeyViolationError) else ItemRefused(said)


def words(error: BaseException) -> str:
    """The first line of an error's text; DETAIL and HINT come after it."""
    first = str(error).partition("\n")[0]
    code = getattr(error, "sqlstate", None)
    return f"{type(error).__name__}{f' ({code})' if code else ''}: {first}"
