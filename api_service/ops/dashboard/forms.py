"""Reads the fields of forms and queries: for any bytes the result is a usable value or a Problem 422."""

from typing import Final
from uuid import UUID

from multidict import MultiMapping

from api_service.web.problems import Problem
from shared.safe_text import is_line

LONGEST: Final = 500
MOST_IDS: Final = 200


def text_in(form: MultiMapping[str], name: str, *, longest: int = LONGEST) -> str | None:
    """One line of text in any script; None if it is missing or empty."""
    value = form.get(name)
    if value is None:
        return None
    if len(value) > longest or not is_line(value):
        raise Problem(422, "Not accepted", f"“{name}” must be one line of at most {longest} characters.")
    return value.strip() or None


def number_in(form: MultiMapping[str], name: str, *, otherwise: int, least: int, most: int) -> int:
    """A whole number."""
    text = text_in(form, name)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise Problem(422, "Not accepted", f"“{name}” must be a number from {least} to {most}.")
    return int(text)


def uuids_in(form: MultiMapping[str], name: str) -> tuple[UUID, ...]:
    """Every value of a field that may be ticked several times."""
    values = form.getall(name, [])
    try:
        if len(values) > MOST_IDS:
            raise ValueError
        return tuple(map(UUID, values))
    except ValueError:
        raise Problem(422, "Not accepted", f"“{name}” must be at most {MOST_IDS} ids.") from None
