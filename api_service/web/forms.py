"""Reads the fields of a form sent by a browser, whatever bytes the body holds."""

from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from api_service.web.problems import FieldFault, Problem

Form = MultiDictProxy[str]
KIND: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 1_000
_FORM: Final = web.RequestKey("form", MultiDictProxy[str])


async def form_of(request: web.Request) -> Form:
    """The fields; read once for each request.

    Raises Problem 413, 415, and the problems of reading a body. Always reads UTF-8 and replaces invalid bytes, as the
    URL standard says (§5.1). aiohttp's own `post()` raises various errors for an odd charset or multipart boundary.
    """
    if _FORM not in request:
        body = await request.read()
        if body and request.headers.get("Content-Type", KIND).partition(";")[0].strip().lower() != KIND:
            raise Problem(415, f"A form must be {KIND}", faults=(FieldFault("Content-Type", f"must be {KIND}"),))
        request[_FORM] = MultiDictProxy(MultiDict(_fields(body)))
    return request[_FORM]


def _fields(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("utf-8", "replace").strip()
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem(413, "The form has too many fields") from None
