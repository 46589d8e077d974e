"""Names the sessions of several mails that the tests play: docs/smtp.md shows the result of each."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

Test = TypeVar("Test", bound=Callable[..., Awaitable[None]])

SCENARIOS: Final[list[tuple[str, str]]] = []
"""What the server does, and what becomes of it."""


def scenario(server: str, becomes: str) -> Callable[[Test], Test]:
    """Puts a test into the documentation."""

    def noted(test: Test) -> Test:
        SCENARIOS.append((server, becomes))
        return test

    return noted
