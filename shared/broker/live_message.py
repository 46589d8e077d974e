"""The message on the live exchange. It names the clients whose in-app notifications have changed, without personal
data. Pure."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import orjson

from shared.errors import EnvelopeError

VERSION: Final = 1
TYPE: Final = "notifications_changed"
MANY: Final = "many"
"""Routing key of a message about several clients. A message about a single client has that client's key."""


def client_key(client_id: str) -> str:
    """What stands for a client on the wire. Client ids are the identity provider's: they may be long, have dots or be
    addresses; a topic key takes 255 bytes, and the wire takes no personal data.

    >>> client_key("client-1")
    '3874b76a065632de54d44991442d3952'
    """
    return blake2b(client_id.encode(), digest_size=16).hexdigest()


def build(keys: Sequence[str]) -> bytes:
    """The body of a message about these clients (described in docs/asyncapi.yaml)."""
    return orjson.dumps({"version": VERSION, "clients": keys})


def parse(body: bytes) -> list[str]:
    """The clients' keys in a message; unknown fields are ignored. Raises EnvelopeError."""
    try:
        fields = orjson.loads(body)
        keys = fields["clients"] if fields["version"] == VERSION else None
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise EnvelopeError("unreadable", f"{type(error).__name__}: {error}") from error
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise EnvelopeError("unknown version", "not one that tells clients by their keys")
    return keys


def routing_key(keys: Sequence[str]) -> str:
    """The routing key of a message about these clients."""
    return keys[0] if len(keys) == 1 else MANY
