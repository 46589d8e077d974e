"""Every alert has its entry in the runbook, and nothing else has one."""

import re
from typing import Any

import yaml

from tests.support.repository import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
CASES = RULES.with_name("rules.test.yml")
RUNBOOK = ROOT / "docs" / "runbook.md"


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def entries() -> dict[str, str]:
    """The runbook's sections by heading."""
    parts = re.split(r"^## (Punctual\w+)$", RUNBOOK.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alert_points_to_an_entry_with_meaning_first_look_and_what_to_do() -> None:
    assert {alert["alert"] for alert in alerts()} == set(entries())
    for alert in alerts():
        name = alert["alert"]
        assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"
        for part in ("**Meaning.**", "**First look.**", "**What to do.**"):
            assert part in entries()[name], (name, part)


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    cases = [case for test in yaml.safe_load(CASES.read_text("utf-8"))["tests"] for case in test["alert_rule_test"]]
    for alert in alerts():
        fires = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == alert["alert"]}
        assert fires == {True, False}, alert["alert"]


def test_every_alert_says_whom_to_wake() -> None:
    assert {alert["labels"]["severity"] for alert in alerts()} == {"page", "ticket"}
