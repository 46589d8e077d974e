"""Reads the Idempotency-Key of a request, after draft-ietf-httpapi-idempotency-key-header."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import web

from api_service.web.payloads import Payload
from api_service.web.problems import FieldFault, invalid

HEADER: Final = "Idempotency-Key"
# The draft's quoted string (RFC 8941 §3.3.3, here without escapes), or the bare key that most clients send
_KEY: Final = re.compile(
    r'"(?P<quoted>[\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|(?P<bare>[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255})'
)


@dataclass(frozen=True, slots=True)
class Once:
    """A client's idempotency key, and the fingerprint of its request."""

    key: str
    fingerprint: bytes


def key_in(request: web.Request) -> str | None:
    """The key without its quotes; None when the request has none. Raises Problem 422."""
    given = request.headers.getall(HEADER, [])
    if not given:
        return None
    found = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if found is None:
        raise invalid(
            FieldFault(HEADER, "must be one key of 1 to 255 visible ASCII characters without comma and backslash")
        )
    return found["quoted"] or found["bare"]


def once(key: str | None, body: Payload) -> Once | None:
    """The key with its body's fingerprint. Bodies with the same meaning have the same fingerprint: white space, the
    order of fields, and unknown fields do not count."""
    if key is None:
        return None
    meaning = orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return Once(key, hashlib.sha256(meaning).digest())
