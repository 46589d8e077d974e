"""A stack of a test's own, and servers that a caller could give to it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.integration.stack.commands import command
from tests.support.world import World

_numbers = count(1)


@pytest.fixture
def stack_home(home: Path) -> Iterator[Path]:
    """Where a stack may be started; it is ended after the test."""
    folder = home / f"stack-{next(_numbers)}"
    yield folder
    command("down", folder)


@pytest.fixture
def world_urls(world: World) -> dict[str, str]:
    return {"DATABASE_URL": world.database_url, "AMQP_URL": world.amqp_url}
