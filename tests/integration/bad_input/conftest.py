"""What every table of bad input needs: the served API, its users, and somebody's objects to be wrong about."""

from tests.integration.security.conftest import serve

__all__ = ["serve"]
