"""Kubernetes: base, servers, scaling, monitoring and overlays for Kustomize. This module writes the alert rules and the
dashboard as objects, from their own sources."""

from pathlib import Path
from typing import Any, Final

import yaml

from deploy.grafana import FILE as DASHBOARD

HERE: Final = Path(__file__).parent
_RULES: Final = HERE.parent / "prometheus" / "rules.yml"
_NOTICE: Final = "# Written by `python -m deploy.kubernetes` from {source}: change it there.\n"


class _Dumper(yaml.SafeDumper):
    """Writes each text of several lines as a block, so that a person can read it and a diff is short."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def written() -> dict[Path, str]:
    """The files that have a source elsewhere, and their texts."""
    rules = yaml.safe_load(_RULES.read_text("utf-8"))
    return {
        HERE / "monitoring" / "rules.yaml": _file("deploy/prometheus/rules.yml", _rules(rules)),
        HERE / "monitoring" / "dashboard.yaml": _file(
            "deploy/grafana/dashboards/punctual.json", _dashboard(DASHBOARD.read_text("utf-8"))
        ),
    }


def _rules(groups: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "punctual"},
        "spec": groups,
    }


def _dashboard(text: str) -> dict[str, Any]:
    """Grafana's sidecar looks for this label."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "punctual-dashboard", "labels": {"grafana_dashboard": "1"}},
        "data": {"punctual.json": text},
    }


def _file(source: str, content: dict[str, Any]) -> str:
    body = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return _NOTICE.format(source=source) + body
