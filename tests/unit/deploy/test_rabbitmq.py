"""RabbitMQ's settings: the same ones wherever it runs, and known to the server."""

import re
from pathlib import Path
from typing import Final

import pytest

from deploy.local.machines import Machine
from deploy.local.rabbitmq import RabbitMQ, server_folder
from tests.support.kustomize import documents
from tests.support.repository import DEPLOY

SETTINGS: Final = DEPLOY / "rabbitmq"
YOUNGER: Final = {"default_queue_type"}
"""Settings that RabbitMQ 3.10, of Debian 12, does not have. Those of Debian 13 and later do."""


def settings(text: str) -> dict[str, str]:
    """The settings of a file in RabbitMQ's format (https://www.rabbitmq.com/docs/configure#config-file)."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines if line)}


def in_kubernetes() -> dict[str, str]:
    """additionalConfig and advancedConfig of the operator's object."""
    [cluster] = [
        each for each in documents(DEPLOY / "kubernetes/servers/rabbitmq.yaml") if each["kind"] == "RabbitmqCluster"
    ]
    found: dict[str, str] = cluster["spec"]["rabbitmq"]
    return found


def of_several_nodes() -> dict[str, str]:
    return settings((SETTINGS / "cluster.conf").read_text("utf-8"))


def test_kubernetes_has_the_settings_of_several_nodes() -> None:
    assert of_several_nodes().items() <= settings(in_kubernetes()["additionalConfig"]).items()


def test_kubernetes_has_the_advanced_settings() -> None:
    [term] = [
        line for line in (SETTINGS / "advanced.config").read_text("utf-8").splitlines() if not line.startswith("%")
    ]
    assert in_kubernetes()["advancedConfig"].strip() == term


def test_a_node_on_a_machine_of_its_own_has_the_settings_of_several_nodes(tmp_path: Path) -> None:
    apart = RabbitMQ(
        tmp_path, ports={"amqp": 1, "management": 2, "prometheus": 3}, machine=Machine("10.0.0.1", ("nsenter",))
    )
    assert of_several_nodes().items() <= settings(apart._conf()).items()


def test_a_node_of_the_local_stack_has_not(tmp_path: Path) -> None:
    alone = RabbitMQ(tmp_path, ports={"amqp": 1, "management": 2, "prometheus": 3})
    assert not of_several_nodes().keys() & settings(alone._conf()).keys()


def test_the_server_knows_every_setting() -> None:
    try:
        [schema] = server_folder().glob("plugins/rabbit-*/priv/schema/rabbit.schema")
    except (RuntimeError, ValueError):
        pytest.skip("no RabbitMQ that shows its schema is installed")
    known = set(re.findall(r'\{mapping,\s*"([^"]+)"', schema.read_text("utf-8")))
    named = settings(in_kubernetes()["additionalConfig"]).keys() | of_several_nodes().keys()
    named |= settings((SETTINGS / "rabbitmq.conf").read_text("utf-8")).keys()
    assert named
    assert named <= known | YOUNGER
