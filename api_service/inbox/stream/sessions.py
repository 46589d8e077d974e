"""Stream sessions for browsers' EventSource, which can send no header. A cookie with an opaque id opens the stream and
nothing else, and ends with the token from which it was made."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from aiohttp import web

from api_service.profile.erased import ErasedClient
from api_service.web.browsers import cookie_in, is_https
from shared.database import Database
from shared.database.rows import mapped
from shared.database.sql_file import statements

PATH: Final = "/api/client/notifications/stream"
NAME: Final = "punctual_stream"
_SQL: Final = statements("api_service.inbox.stream.sql", "stream.sql")


@dataclass(frozen=True, slots=True)
class StreamSession:
    client_id: str
    expires_at: datetime


async def open_session(database: Database, session: StreamSession) -> str:
    """Opens a session. Returns the value of the cookie. Raises ErasedClient, DatabaseUnavailable."""
    value = secrets.token_urlsafe(32)
    async with database.transaction() as transaction:
        await transaction.execute(_SQL["hold_client"], session.client_id)
        values = (_hash(value), session.client_id, session.expires_at)
        if await transaction.fetchrow(_SQL["open_session"], *values) is None:
            raise ErasedClient
    return value


async def find_session(database: Database, value: str) -> StreamSession | None:
    """The session of a cookie; None for an unknown or expired one. Raises DatabaseUnavailable."""
    row = await database.fetchrow(_SQL["find_session"], _hash(value))
    return None if row is None else mapped(StreamSession, row)


async def close_session(database: Database, value: str, client_id: str) -> None:
    """Ends a session if it belongs to this client. Raises DatabaseUnavailable."""
    await database.execute(_SQL["close_session"], _hash(value), client_id)


def cookie_of(request: web.Request) -> str | None:
    """The name of the cookie. Over https, a name that no http answer and no other host can set."""
    return cookie_in(request, _name(request))


def set_cookie(request: web.Request, response: web.StreamResponse, value: str, *, lasts: float) -> None:
    """Sets the cookie for `lasts` seconds, for the stream's path alone (RFC 6265bis, 4.1)."""
    response.set_cookie(
        _name(request),
        value,
        max_age=int(lasts),
        path=PATH,
        secure=is_https(request),
        httponly=True,
        samesite="Strict",
    )


def _name(request: web.Request) -> str:
    # __Host- would need Path=/, and then every request would carry the cookie
    return f"__Secure-{NAME}" if is_https(request) else NAME


def _hash(value: str) -> bytes:
    """The cookie has 256 random bits, so a plain hash is enough."""
    return sha256(value.encode()).digest()
