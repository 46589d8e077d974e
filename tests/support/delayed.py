"""What the tests of the delayed exchange need: the plugin, which few machines have."""

import os
from typing import Final

import pytest

from deploy.local import delayed_plugin
from deploy.local.rabbitmq import server_folder

needs_plugin: Final = pytest.mark.skipif(
    delayed_plugin.find(server_folder(), os.environ) is None,
    reason="this machine has no rabbitmq_delayed_message_exchange (RABBITMQ_DELAYED_PLUGIN names one)",
)
