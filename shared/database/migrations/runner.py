"""Brings a database to the newest schema; safe with any number of instances starting at once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from shared.database import Database, Session
from shared.errors import ConfigurationError, DatabaseUnavailable

_LOCK: Final = 0x50554E43  # "PUNC": any number that is ours alone
_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> Iterator[Migration]:
    """Every step in the order of its number."""
    for file in sorted(files("shared.database.migrations").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            yield Migration(file.name.removesuffix(".sql"), file.read_text("utf-8"))


async def migrate(database: Database) -> list[str]:
    """Applies what is missing, in one transaction under an advisory lock; the names it applied.

    Raises ConfigurationError when an applied step was edited since, DatabaseUnavailable.
    """
    async with database.transaction() as session:
        await session.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await session.execute(_LEDGER)
        applied = {row["name"]: row["checksum"] for row in await session.fetch("TABLE schema_migrations")}
        return [step.name for step in migrations() if await _apply(session, step, applied.get(step.name))]


async def require_newest(database: Database) -> None:
    """For those who do not migrate: a schema that is not there yet is waited for, like a database that is not.

    Raises DatabaseUnavailable.
    """
    row = await database.fetchrow("SELECT to_regclass('schema_migrations') IS NOT NULL AS begun")
    rows = await database.fetch("TABLE schema_migrations") if row is not None and row["begun"] else []
    missing = [step.name for step in migrations() if step.name not in {row["name"] for row in rows}]
    if missing:
        raise DatabaseUnavailable(f"its schema lacks {missing[-1]}, which `api-service migrate` applies")


async def _apply(session: Session, step: Migration, applied: str | None) -> bool:
    if applied is not None:
        if applied != step.checksum:
            raise ConfigurationError(f"migration {step.name} was changed after it had been applied here")
        return False
    await session.execute(step.text)
    await session.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", step.name, step.checksum)
    return True
