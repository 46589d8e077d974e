"""Reads what operators narrow lists by."""

from uuid import UUID

from aiohttp import web

from api_service.ops.text import id_range
from api_service.problems import Fault, invalid

_LONGEST = 500


def text_in_query(request: web.Request, name: str) -> str | None:
    """Printable text of one line. Raises Problem 422."""
    value = request.query.get(name)
    if value is not None and (not value.isprintable() or len(value) > _LONGEST):
        raise invalid(Fault(f"?{name}", f"must be printable text of at most {_LONGEST} characters"))
    return value or None


def uuid_in_query(request: web.Request, name: str) -> UUID | None:
    """Raises Problem 422."""
    value = request.query.get(name)
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise invalid(Fault(f"?{name}", "is not an id")) from None


def ids_in_query(request: web.Request, name: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begin with what was given. Raises Problem 422."""
    value = request.query.get(name)
    if not value:
        return None
    try:
        return id_range(value)
    except ValueError:
        raise invalid(Fault(f"?{name}", "must be an id, or its first hexadecimal digits")) from None
