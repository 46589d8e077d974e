"""The names of resources that every room of the API uses; app.py sets them in the application."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from aiohttp import web

from shared.calendar import CalendarWriter
from shared.database import Database
from shared.links.appointments import AppointmentLinks
from shared.wording import Languages

DATABASE: Final = web.AppKey("database", Database)
CALENDAR: Final = web.AppKey("calendar", CalendarWriter)
LINKS: Final[web.AppKey[Callable[[UUID], AppointmentLinks] | None]] = web.AppKey("links")
"""Makes the links of an appointment; None where the settings do not say how."""
LANGUAGES: Final = web.AppKey("languages", Languages)
