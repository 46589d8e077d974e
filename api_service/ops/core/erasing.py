"""Erases a person: their rows stay to be counted, and nothing in them is personal (sql/erasing.sql)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.mentions import Mentions
from shared.database import Database, Executor, Session
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.jobs.store.rows import count_final
from shared.people.addresses import normalised, spellings

log = structlog.get_logger("api_service.ops")

STAND_IN: Final = "erased-"
"""How the ids begin under which the rows of erased people are counted."""
_SQL: Final = statements("api_service.ops.core.sql", "erasing.sql")
_IN_WORDS: Final = ("confirmations", "notes", "pauses", "shard_pauses", "release", "suppression_reasons")
"""The statements for texts that operators write about anything; each takes a pattern."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """`erased_as`: the id that the person's rows have now. `counts`: the rows, by their kind."""

    erased_as: str
    erased_at: datetime
    counts: Mapping[str, int]

    @classmethod
    def from_row(cls, row: Row) -> "Erasure":
        return cls(row["erased_as"], row["erased_at"], orjson.loads(row["counts"]))


async def erased_before(executor: Executor, client_id: str) -> Erasure | None:
    """The erasure of an id that no client has any more; None where there was none, or the person is admitted again."""
    row = await executor.fetchrow(_SQL["erased_before"], client_id)
    return None if row is None else Erasure.from_row(row)


async def erase(database: Database, client_id: str, by: By) -> Erasure | None:
    """Erases a client in one transaction. Again: the first answer. None: no such client.

    Future appointments are cancelled, and jobs that wait. A booking under way is committed first, and erased; or comes
    later, and is refused. Raises DatabaseUnavailable.
    """
    async with database.transaction() as session:
        person = await session.fetchrow(_SQL["hold"], client_id)
        if person is not None:
            jobs = await _erase(session, person, by)
        erasure = await erased_before(session, client_id)
    if person is not None and erasure is not None:
        count_final([job for job in jobs if job["cancelled"]])
        log.info("client erased", erased_as=erasure.erased_as, operator=by.operator, **erasure.counts)
    return erasure


async def _erase(session: Session, person: Row, by: By) -> Sequence[Row]:
    """Returns the person's jobs."""
    client_id, stand_in = person["id"], f"{STAND_IN}{new_id()}"
    reported = [row["address"] for row in await session.fetch(_SQL["addresses"], client_id)]
    addresses = [*([] if person["email"] is None else [person["email"]]), *reported]
    await session.execute(_SQL["stand_in"], stand_in)
    theirs = [row["id"] for row in await session.fetch(_SQL["appointments"], client_id, stand_in)]
    jobs = await session.fetch(_SQL["jobs"], theirs, stand_in)
    await session.execute(_SQL["attempts"], [job["id"] for job in jobs])
    told = await session.fetch(_SQL["notifications"], client_id, stand_in)
    acts = await session.fetch(_SQL["acts"], theirs, client_id, stand_in)
    reports = await session.fetch(_SQL["reports"], theirs, client_id, stand_in)
    await session.execute(_SQL["imported"], theirs)
    await session.execute(_SQL["answers"], client_id)
    await session.execute(_SQL["streams"], client_id)
    for address in addresses:
        await _block(session, client_id, address)
    mentions = Mentions.of(client_id, [*addresses, person["name"], person["phone"]])
    await _unname(session, mentions, stand_in, [job["id"] for job in jobs])
    found = {"appointments": theirs, "jobs": jobs, "notifications": told, "acts": acts, "deliveryReports": reports}
    counts = {name: len(rows) for name, rows in found.items()} | {"cancelledJobs": sum(j["cancelled"] for j in jobs)}
    await session.execute(_SQL["remember"], client_id, stand_in, by.operator, orjson.dumps(counts).decode())
    await session.execute(_SQL["remove"], client_id)
    await actions.record(session, ActionKind.ERASE, By(by.operator), {"clientId": stand_in, **counts})
    return jobs


async def _block(session: Session, client_id: str, address: str) -> None:
    """A suppressed address stays so, as a hash. One that another client has is theirs, too, and stays as it is."""
    if await session.fetchrow(_SQL["shared_address"], spellings(address), client_id) is None:
        await session.execute(_SQL["suppressions"], normalised(address))
        await session.execute(_SQL["turns"], spellings(address))


async def _unname(session: Session, mentions: Mentions, stand_in: str, jobs: Sequence[UUID]) -> None:
    """Takes the person out of texts that people wrote, and of messages that were published by hand."""
    await session.execute(_SQL["given_up"], mentions.pattern)
    for row in await session.fetch(_SQL["actions"], mentions.pattern, [str(each) for each in jobs]):
        target: dict[str, Any] = mentions.without(orjson.loads(row["target"]), stand_in)
        await session.execute(_SQL["rewrite_action"], row["id"], orjson.dumps(target).decode())
    for statement in _IN_WORDS:
        await session.execute(_SQL[statement], mentions.pattern)
    await session.execute(_SQL["letters"], mentions.pattern, mentions.texts)
