"""Guesses the reader's language while the database cannot tell the client's."""

import re
from typing import Final

from aiohttp import web

from api_service.web.keys import LANGUAGES
from shared.wording import Language

_MOST: Final = 20
_ELEMENT: Final = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*")


def guessed(request: web.Request, said: str = "") -> Language:
    """`said`: the tag that a form of ours has brought back; else the browser's first language that we have."""
    languages = request.app[LANGUAGES]
    header = ",".join(request.headers.getall("Accept-Language", []))
    for tag in filter(None, (said, *accepted(header))):
        found = languages.of(tag)
        if found.tag.partition("-")[0].lower() == tag.partition("-")[0].lower():
            return found
    return languages.of("")


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language (RFC 9110 §12.5.4), the preferred first; unreadable ones are left out.

    >>> accepted("fr;q=0.5, de-AT, *;q=0.1, en;q=0")
    ['de-AT', 'fr']
    """
    found = [_ELEMENT.fullmatch(element) for element in header.split(",")[:_MOST]]
    weights = [(float(each[2] or 1), each[1]) for each in found if each is not None]
    return [tag for weight, tag in sorted(weights, key=lambda each: -each[0]) if weight > 0]
