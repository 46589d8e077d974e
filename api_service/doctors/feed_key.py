"""The form in which the key of a calendar feed is kept. Pure."""

import hashlib


def hash_of(key: str) -> bytes:
    """SHA-256: a key is random and long, so it needs no salt."""
    return hashlib.sha256(key.encode()).digest()
