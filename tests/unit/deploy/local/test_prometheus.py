"""The local Prometheus scrapes and judges by the files that compose uses."""

from pathlib import Path

import yaml

from deploy.local.prometheus import configuration
from tests.support.repository import DEPLOY

SOURCE = DEPLOY / "prometheus" / "prometheus.yml"


def test_it_has_the_same_jobs_on_the_ports_of_the_stack() -> None:
    made = configuration({"api": 1, "notifier": 2, "rabbitmq": 3})
    source = yaml.safe_load(SOURCE.read_text("utf-8"))
    assert [job["job_name"] for job in made["scrape_configs"]] == [job["job_name"] for job in source["scrape_configs"]]
    assert [job["static_configs"] for job in made["scrape_configs"]] == [
        [{"targets": [f"127.0.0.1:{port}"]}] for port in (1, 2, 3, 3)
    ]
    assert made["scrape_configs"][-1]["params"] == source["scrape_configs"][-1]["params"]


def test_it_has_the_same_rules() -> None:
    [rules] = configuration({})["rule_files"]
    assert Path(rules) == SOURCE.parent / "rules.yml"


def test_a_broker_of_the_callers_is_not_scraped() -> None:
    assert [job["job_name"] for job in configuration({"api": 1, "notifier": 2})["scrape_configs"]] == [
        "api",
        "notifier",
    ]
