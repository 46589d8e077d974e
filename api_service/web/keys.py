"""The names of resources that every room of the API uses; app.py sets them in the application."""

from typing import Final

from aiohttp import web

from shared.calendar import CalendarWriter
from shared.database import Database
from shared.wording import Languages

DATABASE: Final = web.AppKey("database", Database)
CALENDAR: Final = web.AppKey("calendar", CalendarWriter)
LANGUAGES: Final = web.AppKey("languages", Languages)
