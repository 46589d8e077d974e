"""The interface of whoever must follow a change of a doctor in the same transaction."""

from typing import Final, Protocol

from aiohttp import web

from api_service.doctors.model import Doctor
from shared.database import Session


class ChangeListener(Protocol):
    """Follows changes of doctors."""

    async def before_change(self, session: Session, doctor_id: str) -> None:
        """Locks the appointments that it will change: they are locked before their doctor, everywhere."""

    async def after_change(self, session: Session, doctor: Doctor) -> None:
        """Makes its rows agree with the doctor as written. Raises UnknownZone."""


CHANGE_LISTENER: Final[web.AppKey[ChangeListener]] = web.AppKey("doctor-change-listener")
