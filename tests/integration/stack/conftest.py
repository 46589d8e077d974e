"""Servers that a caller could give to the stack."""

import pytest

from tests.support.world import World


@pytest.fixture
def world_urls(world: World) -> dict[str, str]:
    return {"DATABASE_URL": world.database_url, "AMQP_URL": world.amqp_url}
