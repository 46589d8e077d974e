"""Decides which keys may verify tokens, and by which algorithm: the key decides, never the token (RFC 8725 §3.1)."""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SMALLEST_RSA: Final = 2048
"""The least size of an RSA key, in bits (RFC 7518 §3.3)."""


def usable(pem: str) -> str:
    """The PEM of a key that can verify. Raises ValueError."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be a public key in PEM") from None
    if algorithm_of(key) is None:
        raise ValueError(f"must be an RSA key of {SMALLEST_RSA} bits or more, or one of the curve P-256")
    return pem


def algorithm_of(key: object) -> str | None:
    """RS256 or ES256; None for a key that may not verify."""
    if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    return None
