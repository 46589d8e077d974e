"""The alert rules and the dashboard of Kubernetes are those of Prometheus and Grafana."""

import json
from typing import Final

import pytest
import yaml

from deploy.grafana import FILE as DASHBOARD
from deploy.kubernetes import written
from tests.support.kustomize import KUBERNETES, documents
from tests.support.repository import DEPLOY

LARGEST_CONFIG_MAP: Final = 1_048_576
"""Bytes. https://kubernetes.io/docs/concepts/configuration/configmap/"""


@pytest.mark.parametrize("file", sorted(written()), ids=lambda file: file.name)
def test_a_file_is_what_its_source_gives(file: object) -> None:
    texts = {each: (each.read_text("utf-8"), text) for each, text in written().items()}
    committed, expected = next(pair for each, pair in texts.items() if each == file)
    assert committed == expected, "run: .venv/bin/python -m deploy.kubernetes"


def test_every_alert_and_every_panel_is_there() -> None:
    [rules] = documents(KUBERNETES / "monitoring" / "rules.yaml")
    assert rules["spec"] == yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text("utf-8"))
    [dashboard] = documents(KUBERNETES / "monitoring" / "dashboard.yaml")
    text = dashboard["data"]["punctual.json"]
    assert json.loads(text) == json.loads(DASHBOARD.read_text("utf-8"))
    assert len(text.encode()) < LARGEST_CONFIG_MAP
