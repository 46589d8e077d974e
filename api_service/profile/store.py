"""Reads and writes clients (sql/clients.sql)."""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from api_service.profile.schemas import ClientRequest, ProfileRequest, StaffClientRequest
from api_service.web.value_types import ZoneName
from shared.database import Executor
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
    return await _put(executor, "put_own", client_id, token_email, request)


async def set_reminders(executor: Executor, client_id: str, *, wanted: bool) -> Profile | None:
    """Turns the client's reminder e-mails on or off. Returns None when there is no such client."""
    row = await executor.fetchrow(_SQL["set_reminders"], client_id, wanted)
    return None if row is None else mapped(Profile, row)


async def put_by_staff(executor: Executor, wanted: StaffClientRequest) -> None:
    """Creates or changes a client; a field without a value stays."""
    values = (wanted.id, wanted.email, wanted.name or None, wanted.timezone, wanted.locale, wanted.phone or None)
    await executor.execute(_SQL["put_by_staff"], *values)


async def put_by_ops(executor: Executor, client_id: str, request: ClientRequest) -> Profile:
    return await _put(executor, "put_by_ops", client_id, request.email, request)


async def _put(
    executor: Executor, statement: str, client_id: str, email: str | None, request: ProfileRequest
) -> Profile:
    [row] = await executor.fetch(
        _SQL[statement],
        client_id,
        email,
        request.name,
        request.timezone,
        request.locale,
        request.preferences.email_reminders,
    )
    return mapped(Profile, row)
