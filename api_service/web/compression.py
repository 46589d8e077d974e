"""Compresses answers when it pays, and only answers that are safe to compress.

The BREACH attack reads a secret out of a compressed answer that also repeats the attacker's input: it makes the
victim's browser ask again and again, and measures sizes. Our JSON answers hold no such secret: tokens and keys are
never in them. Nor can a page make a browser request them: the bearer token is added by the caller's code, not by the
browser. So lists of a client's own data are compressed. Pages of the dashboard (session cookie, CSRF token in the
form), event streams and everything else that is not plain JSON are never compressed.
"""

import re
from typing import Final

from aiohttp import web
from aiohttp.web_response import ContentCoding

LEAST: Final = 1_024
"""Bytes. A smaller body fits into the one packet that is sent anyway."""
_TYPES: Final = frozenset({"application/json"})
_QUALITY: Final = re.compile(r"\s*;\s*q=([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)


def compress(request: web.Request, response: web.StreamResponse) -> None:
    """Sends the body as gzip if that pays and the client accepts it. An answer with an entity tag stays unchanged: a
    strong tag belongs to one coding (RFC 9110 §8.8.3.3), and If-Match would not recognise it."""
    if "ETag" in response.headers or not isinstance(response, web.Response) or response.content_type not in _TYPES:
        return
    if isinstance(response.body, bytes) and len(response.body) >= LEAST:
        response.headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            response.enable_compression(ContentCoding.gzip)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip or `*` with a weight above 0 (RFC 9110 §12.5.3).

    >>> takes_gzip("br, gzip;q=0.5"), takes_gzip("*"), takes_gzip("gzip;q=0, *"), takes_gzip("")
    (True, True, False, False)
    """
    weights = {}
    for each in accepted.lower().split(","):
        coding, parameter, weight = each.strip().partition(";")
        found = _QUALITY.fullmatch(parameter + weight)
        weights[coding.strip()] = float(found[1]) if found else 0.0 if parameter else 1.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
