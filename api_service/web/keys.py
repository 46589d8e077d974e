"""The application's resources by name; app.py puts them there."""

from typing import Final

from aiohttp import web

from api_service.appointments.booking import BookingDesk
from api_service.appointments.moving import MovingDesk
from api_service.relay.dispatch import BrokerView, Dispatch
from shared.broker.live_exchange import LiveNews
from shared.database import Database
from shared.links.unsubscribe import UnsubscribeTokens

DATABASE: Final = web.AppKey("database", Database)
BOOKINGS: Final = web.AppKey("bookings", BookingDesk)
MOVES: Final = web.AppKey("moves", MovingDesk)
UNSUBSCRIBE: Final[web.AppKey[UnsubscribeTokens | None]] = web.AppKey("unsubscribe")
DISPATCH: Final[web.AppKey[Dispatch]] = web.AppKey("dispatch")
BROKER: Final[web.AppKey[BrokerView]] = web.AppKey("broker")
NEWS: Final = web.AppKey("news", LiveNews)
