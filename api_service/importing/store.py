"""Reads and writes imported appointments (sql/importing.sql)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api_service.importing.model import CheckedRow
from shared.database import Executor, Session
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.ids import new_id

_SQL: Final = statements("api_service.importing.sql", "importing.sql")
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """A job of an imported appointment. `kind`, `due_at` and `state` are None where it has none."""

    digest: bytes
    status: str
    starts_at: datetime
    kind: str | None
    due_at: datetime | None
    state: str | None


async def one_at_a_time(session: Session) -> None:
    """Lets no other import commit a batch until the transaction ends."""
    await session.execute(_SQL["one_at_a_time"])


async def known(executor: Executor, source: str, digests: Sequence[bytes]) -> dict[bytes, bytes]:
    """Those of the digests that were imported before, with a digest of their facts."""
    found: dict[bytes, bytes] = {}
    for place in range(0, len(digests), _PAGE):
        rows = await executor.fetch(_SQL["known"], source, list(digests[place : place + _PAGE]))
        found.update((row["digest"], row["facts"]) for row in rows)
    return found


async def addressed(executor: Executor, clients: Collection[str]) -> set[str]:
    """Those of the clients to whom mail can be sent."""
    ids, found = list(clients), set[str]()
    for place in range(0, len(ids), _PAGE):
        found.update(row["id"] for row in await executor.fetch(_SQL["addressed"], ids[place : place + _PAGE]))
    return found


async def occupied(executor: Executor, wanted: Sequence[CheckedRow]) -> set[int]:
    """The lines whose time somebody has already."""
    found = set[int]()
    for place in range(0, len(wanted), _PAGE):
        page = wanted[place : place + _PAGE]
        rows = await executor.fetch(
            _SQL["occupied"],
            [each.line for each in page],
            [each.doctor.id for each in page],
            [each.starts_at for each in page],
            [each.ends_at for each in page],
        )
        found.update(row["place"] for row in rows)
    return found


async def complete_clients(session: Session, people: Mapping[str, Sequence[str | None]]) -> None:
    """Makes clients known, and fills in whatever is not known of them: address, name, telephone, language, zone."""
    await session.execute(_SQL["complete_clients"], list(people), *map(list, zip(*people.values(), strict=True)))


async def note_imported(
    session: Session, source: str, made: Sequence[tuple[CheckedRow, UUID]], *, request_id: str
) -> None:
    """Remembers the appointments that a batch has made, in its transaction."""
    await session.execute(
        _SQL["note_imported"],
        source,
        [wanted.digest for wanted, _ in made],
        [wanted.id for wanted, _ in made],
        [appointment_id for _, appointment_id in made],
        [new_id() for _ in made],
        f"import:{source}",
        [wanted.facts for wanted, _ in made],
        request_id,
    )


async def tellings(executor: Executor, source: str, digests: Sequence[bytes]) -> list[ImportedJob]:
    """The jobs of appointments that were imported before."""
    found: list[ImportedJob] = []
    for place in range(0, len(digests), _PAGE):
        rows = await executor.fetch(_SQL["tellings"], source, list(digests[place : place + _PAGE]))
        found += [mapped(ImportedJob, row) for row in rows]
    return found
