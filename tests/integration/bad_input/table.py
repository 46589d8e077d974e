"""A table of malformed requests, and the check that each of them is refused as it should be."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from shared.database import Database
from tests.support.client import Answer, Client
from tests.support.tokens import a_token

REFUSALS: Final = range(400, 500)
_ITS_OWN: Final = ["duties", "orphans", "zone_data"]
"""Tables that an API writes by itself."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One request. `names`: the pointer of what is at fault, or a word of the answer; `who`: client, ops or nobody."""

    method: str
    path: str
    names: str = ""
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    who: str = "client"
    statuses: tuple[int, ...] = (422,)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.query)} {dict(self.headers)} {str(self.body)[:80]}"


async def assert_refused(url: str, database: Database, table: Iterable[Wrong], caplog: pytest.LogCaptureFixture) -> int:
    """Asks all of it; says everything that was answered wrongly at once. How many there were."""
    clients = {
        "client": Client(url, a_token("client-1", "client", email="client-1@patients.example")),
        "ops": Client(url, a_token("operator", "ops")),
        "staff": Client(url, a_token("desk", "staff")),
        "nobody": Client(url, None),
    }
    faults, asked = [], 0
    with capture_logs() as logged, caplog.at_level(logging.ERROR):
        seen, before = await transactions(database), await contents(database)
        for wrong in table:
            asked += 1
            answer = await clients[wrong.who](
                wrong.method, wrong.path, wrong.body, headers=wrong.headers, query=wrong.query
            )
            faults += [f"{wrong}: {fault}" for fault in _faults(wrong, answer)]
            if (now := await transactions(database)) == seen:
                continue
            seen, after = now, await contents(database)
            if after != before:
                faults.append(f"{wrong}: it changed {[name for name in after if after[name] != before[name]]}")
                before = after
    faults += [f"logged at error level: {entry}" for entry in logged if entry["log_level"] in ("error", "critical")]
    # this API has no broker, and aiormq's words about that are silenced where services run (shared/process/logs.py)
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR and not each.name.startswith("aiormq")]
    faults += [f"logged at error level: {record}" for record in errors]
    assert not faults, "\n".join(faults)
    return asked


def _faults(wrong: Wrong, answer: Answer) -> Iterable[str]:
    if answer.status not in wrong.statuses:
        yield f"answered {answer.status}, not one of {wrong.statuses}: {answer.body}"
        return
    if wrong.method == "HEAD":
        return
    if not answer.headers["Content-Type"].startswith("application/problem+json"):
        yield f"is no problem+json but {answer.headers['Content-Type']}"
        return
    body = answer.body
    if body["status"] != answer.status or not body["title"] or not body["detail"]:
        yield f"has no status, title or detail: {body}"
    pointers = [fault["pointer"] for fault in body.get("errors", [])]
    if wrong.names not in pointers and (not wrong.names or wrong.names not in f"{body['title']} {body['detail']}"):
        yield f"does not name {wrong.names!r}: {body}"
    for leak in ("Traceback", "asyncpg", "SELECT ", "INSERT ", 'File "', "site-packages"):
        if leak in str(body):
            yield f"shows {leak!r}: {body}"


async def transactions(database: Database) -> str:
    """Which transactions of the server have written anything, or are about to: while it is the same, no table has
    changed. It costs a hundredth of reading all tables."""
    [[snapshot]] = await database.fetch("SELECT pg_current_snapshot()::text")
    return str(snapshot)


async def contents(database: Database) -> dict[str, tuple[int, int]]:
    """What is in each table that requests may change: how many rows, and a sum over what they say."""
    rows = await database.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1) ORDER BY 1", _ITS_OWN
    )
    counts = " UNION ALL ".join(
        f"SELECT '{row[0]}' AS name, count(*) AS rows, coalesce(sum(hashtext(t::text)), 0) AS said FROM {row[0]} t"  # noqa: S608 - our own tables
        for row in rows
    )
    return {row["name"]: (row["rows"], row["said"]) for row in await database.fetch(counts)}
