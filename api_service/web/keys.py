"""The resources that every room of the API needs, by name; app.py puts them into the application."""

from typing import Final

from aiohttp import web

from shared.database import Database
from shared.wording import Languages

DATABASE: Final = web.AppKey("database", Database)
LANGUAGES: Final = web.AppKey("languages", Languages)
