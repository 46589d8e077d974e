"""Owns the sessions that a provider has vouched for: opened once for each sign-in, ended on the provider's word.

The ID token is kept for the provider's own sign-out, sealed with the session's id, which only the browser has: who
reads the table can use neither.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api_service.identity.oidc.errors import Reason, SignInFailed
from api_service.identity.oidc.flow import Flow
from api_service.identity.oidc.provider import SignedIn
from api_service.identity.oidc.tokens import Logout
from api_service.ops.dashboard.sessions import Operator, digest, new_session_id
from shared.database import Database, Executor
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.dashboard.sql", "provider_sessions.sql")
_IV: Final = 12


async def open_session(database: Database, person: SignedIn, issuer: str, flow: Flow) -> str:
    """A new session; its id, for the cookie alone. The browser's session until then ends.

    Raises SignInFailed if the flow was used before, or the provider has ended its session meanwhile.
    """
    session_id, token = new_session_id(), person.token
    async with database.transaction() as session:
        await session.execute(_SQL["one_at_a_time"])
        await session.execute(_SQL["forget_expired"])
        if await session.fetchrow(_SQL["use_flow"], flow.digest) is None:
            raise SignInFailed(Reason.STALE, "used before")
        await session.execute(_SQL["close_former"], flow.replaces)
        opened = await session.fetchrow(
            _SQL["open"],
            digest(session_id),
            person.name,
            sorted(person.roles),
            person.ends_at,
            issuer,
            token.subject,
            token.session,
            _sealed(token.text, session_id),
            token.issued_at,
        )
        if opened is None:
            raise SignInFailed(Reason.ENDED)
    return session_id


async def end(database: Database, logout: Logout) -> int | None:
    """Ends the sessions of a provider's logout. Returns their number; None if this logout was taken before."""
    async with database.transaction() as session:
        await session.execute(_SQL["one_at_a_time"])
        noted = await session.fetchrow(
            _SQL["note_logout"], logout.digest, logout.issuer, logout.subject, logout.session, logout.issued_at
        )
        if noted is None:
            return None
        ended = await session.fetch(_SQL["end"], logout.issuer, logout.subject, logout.session)
    return len(ended)


async def close(executor: Executor, operator: Operator, session_id: str, issuer: str) -> tuple[bool, str | None]:
    """Ends an operator's own session. Whether that issuer has vouched for it, and its ID token."""
    row = await executor.fetchrow(_SQL["close"], operator.session)
    if row is None or row["issuer"] != issuer:
        return False, None
    return True, _opened(row["id_token"], session_id)


def _sealed(token: str, session_id: str) -> bytes:
    iv = secrets.token_bytes(_IV)
    return iv + AESGCM(_key(session_id)).encrypt(iv, token.encode(), None)


def _opened(sealed: bytes | None, session_id: str) -> str | None:
    if sealed is None:
        return None
    try:
        return AESGCM(_key(session_id)).decrypt(sealed[:_IV], sealed[_IV:], None).decode()
    except (ValueError, InvalidTag):  # not of this session's id: the row was changed by hand
        return None


def _key(session_id: str) -> bytes:
    return hmac.new(session_id.encode(), b"punctual id token", hashlib.sha256).digest()
