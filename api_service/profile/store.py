"""Reads and writes clients (sql/clients.sql)."""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from api_service.profile.erased import ErasedClient
from api_service.profile.schemas import ClientRequest, ProfileRequest, StaffClientRequest
from api_service.web.value_types import ZoneName
from shared.database import DanglingReference, Database, Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.profile.sql", "clients.sql")


class PreferencesJson(TypedDict):
    emailReminders: bool


class ProfileJson(TypedDict):
    """A client. `email` is the address for mail: the token's, unless an operator has set one."""

    id: Annotated[str, Field(examples=["client-1"])]
    name: Annotated[str | None, Field(examples=["Alex Example"])]
    email: Annotated[str | None, Field(examples=["client-1@patients.example"])]
    timezone: ZoneName | None
    locale: Annotated[str, Field(examples=["en"])]
    preferences: PreferencesJson


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    name: str | None
    email: str | None
    timezone: str | None = None
    locale: str = "en"
    email_reminders: bool = True

    def to_json(self) -> ProfileJson:
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "timezone": self.timezone,
            "locale": self.locale,
            "preferences": {"emailReminders": self.email_reminders},
        }


async def get(executor: Executor, client_id: str) -> Profile | None:
    row = await executor.fetchrow(_SQL["one"], client_id)
    return None if row is None else mapped(Profile, row)


async def put_own(executor: Executor, client_id: str, token_email: str | None, request: ProfileRequest) -> Profile:
    """Raises ErasedClient."""
    try:
        written = await _put(executor, "put_own", client_id, token_email, request)
    except DanglingReference:  # migration 0056
        raise ErasedClient from None
    if written is None:
        raise ErasedClient
    return written


async def set_reminders(executor: Executor, client_id: str, *, wanted: bool) -> Profile | None:
    """Turns the client's reminder e-mails on or off. Returns None when there is no such client."""
    row = await executor.fetchrow(_SQL["set_reminders"], client_id, wanted)
    return None if row is None else mapped(Profile, row)


async def put_by_staff(database: Database, wanted: StaffClientRequest) -> None:
    """Creates or changes a client; a field without a value stays. One who was erased is a client again."""
    values = (wanted.id, wanted.email, wanted.name or None, wanted.timezone, wanted.locale, wanted.phone or None)
    async with database.transaction() as session:
        await session.execute(_SQL["admit"], wanted.id)
        await session.execute(_SQL["put_by_staff"], *values)


async def put_by_ops(database: Database, client_id: str, request: ClientRequest) -> Profile | None:
    """Creates or changes a client. One who was erased is a client again; None for the id of an erased person's rows."""
    async with database.transaction() as session:
        await session.execute(_SQL["admit"], client_id)
        return await _put(session, "put_by_ops", client_id, request.email, request)


async def _put(
    executor: Executor, statement: str, client_id: str, email: str | None, request: ProfileRequest
) -> Profile | None:
    """None for the id of an erased person's rows."""
    row = await executor.fetchrow(
        _SQL[statement],
        client_id,
        email,
        request.name,
        request.timezone,
        request.locale,
        request.preferences.email_reminders,
    )
    return None if row is None else mapped(Profile, row)
