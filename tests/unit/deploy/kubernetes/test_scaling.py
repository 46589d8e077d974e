"""What grows in deploy/kubernetes: within its servers' connections, by metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.kustomize import KUBERNETES, OVERLAYS, Manifest, documents, of_kind, overlay
from tests.support.repository import ROOT

PROMTOOL: Final = shutil.which("promtool") or ""
BESIDE_THE_POOL: Final = 3
"""Connections of a process that listen, or that are opened outside of its pool (shared/database)."""
RESERVED: Final = 20
"""Connections of PostgreSQL for the operator, its metrics, replication and a person."""


def named(objects: list[Manifest], kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in of_kind(objects, kind) if each["metadata"]["name"] == name]
    return found


def most_processes(objects: list[Manifest]) -> int:
    """The largest number of processes at once, with those that an upgrade starts beside the old ones."""
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"]["maxReplicaCount"]
        for each in of_kind(objects, "ScaledObject")
    }
    deployments = [each for each in of_kind(objects, "Deployment") if each["metadata"]["name"].startswith("punctual-")]
    surge: int = sum(each["spec"]["strategy"]["rollingUpdate"]["maxSurge"] for each in deployments)
    replicas = [int(scaled.get(each["metadata"]["name"]) or each["spec"]["replicas"]) for each in deployments]
    return surge + sum(replicas)


@pytest.mark.parametrize("name", OVERLAYS)
def test_connections_of_all_processes_fit_the_pooler_and_postgresql(name: str) -> None:
    objects = overlay(name)
    settings = [named(objects, "ConfigMap", each)["data"] for each in ("punctual-api", "punctual-notifier")]
    each = max(int(data["DATABASE_POOL_SIZE"]) for data in settings) + BESIDE_THE_POOL
    pooler = named(objects, "Pooler", "punctual-pooler")["spec"]
    of_one_pooler = int(pooler["pgbouncer"]["parameters"]["default_pool_size"])
    assert most_processes(objects) * each <= of_one_pooler, "one pooler must do when another one is away"
    cluster = named(objects, "Cluster", "punctual-postgres")["spec"]
    limit = int(cluster["postgresql"]["parameters"]["max_connections"])
    assert pooler["instances"] * of_one_pooler + RESERVED <= limit


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_pooler_keeps_sessions(name: str) -> None:
    pooler = named(overlay(name), "Pooler", "punctual-pooler")["spec"]["pgbouncer"]
    assert pooler["poolMode"] == "session", "relays and streams LISTEN"
    pool = (ROOT / "shared" / "database" / "pool.py").read_text("utf-8")
    settings = re.search(r"_SETTINGS: Final = (\{.*\})", pool)
    assert settings is not None
    sent = set(re.findall(r'"(\w+)":', settings[1])) - {"timezone"}  # which PgBouncer passes on
    assert sent <= set(pooler["parameters"]["ignore_startup_parameters"].split(","))
    initdb = named(overlay(name), "Cluster", "punctual-postgres")["spec"]["bootstrap"]["initdb"]
    for setting in sent:
        assert f"ALTER ROLE {initdb['owner']} SET {setting} = off" in initdb["postInitApplicationSQL"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_one_autoscaler_a_deployment(name: str) -> None:
    objects = overlay(name)
    assert not of_kind(objects, "HorizontalPodAutoscaler"), "KEDA makes them"
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(objects, "ScaledObject")}
    assert len(scaled) == len(of_kind(objects, "ScaledObject"))
    for each in of_kind(objects, "Deployment"):
        assert ("replicas" in each["spec"]) is (each["metadata"]["name"] not in scaled)


def queries() -> list[str]:
    return [
        trigger["metadata"]["query"]
        for file in ("api.yaml", "notifier.yaml")
        for each in documents(KUBERNETES / "scaling" / file)
        for trigger in each["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    ]


@pytest.mark.parametrize("query", queries())
def test_a_query_names_metrics_that_exist_and_always_has_a_value(query: str) -> None:
    sources = "".join(
        file.read_text("utf-8")
        for room in ("api_service", "notifier_service", "shared")
        for file in (ROOT / room).rglob("*metrics.py")
    )
    rules = (ROOT / "deploy" / "prometheus" / "rules.yml").read_text("utf-8")
    for metric in re.findall(r"\b(?:punctual|rabbitmq)_\w+", query):
        assert metric.removesuffix("_bucket") in sources + rules
    assert query.endswith("or vector(0)")


@pytest.mark.skipif(not PROMTOOL, reason="Prometheus is not installed")
def test_prometheus_reads_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"query{number}", "expr": query} for number, query in enumerate(queries())]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "scaling", "rules": rules}]}), "utf-8")
    done = subprocess.run([PROMTOOL, "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_of_each_are_the_least_that_is_left() -> None:
    for each in of_kind(overlay("production"), "ScaledObject"):
        spec = each["spec"]
        assert 2 <= spec["minReplicaCount"] < spec["maxReplicaCount"]


def test_a_fallback_has_a_trigger_that_keda_has_one_for() -> None:
    """KEDA refuses others: https://keda.sh/docs/latest/reference/scaledobject-spec/#fallback"""
    for each in of_kind(overlay("production"), "ScaledObject"):
        spec = each["spec"]
        if "fallback" in spec:
            assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"]
            kinds = {
                trigger.get("metricType") for trigger in spec["triggers"] if trigger["type"] not in ("cpu", "memory")
            }
            assert "AverageValue" in kinds
