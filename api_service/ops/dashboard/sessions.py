"""Owns the sessions of operators: an opaque id in a cookie, its hash in PostgreSQL."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from api_service.identity.bearer import OPS, Identity
from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.dashboard.sql", "sessions.sql")
_LONGEST_ID: Final = 100


@dataclass(frozen=True, slots=True)
class Operator:
    """A signed-in operator, until the token of the sign-in expires."""

    session: bytes  # the hash: names the session, and opens nothing
    subject: str
    roles: frozenset[str]
    expires_at: datetime
    csrf: str

    @property
    def may_change(self) -> bool:
        return OPS in self.roles

    @classmethod
    def of(cls, session_id: str, row: Row) -> Self:
        return cls(
            digest(session_id), row["subject"], frozenset(row["roles"]), row["expires_at"], csrf_token(session_id)
        )

    @classmethod
    def opened(cls, session_id: str, identity: Identity) -> Self:
        """Of a session that was opened just now."""
        return cls(digest(session_id), identity.subject, identity.roles, identity.expires_at, csrf_token(session_id))


def act_token(operator: Operator, job_id: UUID, said: str) -> str:
    """Proves that this session has acted on a job, with this result. Nobody else can make it up."""
    return hmac.new(operator.csrf.encode(), f"notice {job_id} {said}".encode(), hashlib.sha256).hexdigest()


async def open_session(executor: Executor, identity: Identity, *, replaces: str | None) -> str:
    """A new session that ends when the identity's token does; its id, for the cookie alone. `replaces`: the id of the
    browser's session until now, which ends."""
    session_id = new_session_id()
    await executor.execute(_SQL["forget_expired"])
    if replaces is not None:
        await executor.execute(_SQL["close"], digest(replaces))
    await executor.execute(
        _SQL["open"], digest(session_id), identity.subject, sorted(identity.roles), identity.expires_at
    )
    return session_id


async def find(executor: Executor, session_id: str | None) -> Operator | None:
    """The operator of a session; None if it is unknown or has ended."""
    if not session_id or len(session_id) > _LONGEST_ID:
        return None
    row = await executor.fetchrow(_SQL["find"], digest(session_id))
    return None if row is None else Operator.of(session_id, row)


async def close(executor: Executor, operator: Operator) -> None:
    await executor.execute(_SQL["close"], operator.session)


def csrf_token(session_id: str) -> str:
    """The CSRF token of this session's forms. It does not reveal the session's id."""
    return hmac.new(session_id.encode(), b"punctual csrf", hashlib.sha256).hexdigest()


def new_session_id() -> str:
    return secrets.token_urlsafe(32)


def digest(session_id: str) -> bytes:
    """Names a session, and opens nothing: stored in place of the id."""
    return hashlib.sha256(session_id.encode()).digest()
