"""PostgreSQL's own log has no values of rows: a refused row's DETAIL would name the id of a client."""

import yaml

from tests.support.repository import ROOT

NO_DETAIL = ("log_error_verbosity", "terse")


def test_compose_leaves_the_detail_out() -> None:
    service = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["postgres"]
    assert "=".join(NO_DETAIL) in service["command"]


def test_kubernetes_leaves_the_detail_and_the_parameters_out() -> None:
    documents = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/servers/postgres.yaml").read_text()))
    [found] = [each["spec"]["postgresql"]["parameters"] for each in documents if each["kind"] == "Cluster"]
    assert NO_DETAIL in found.items()
    assert found["log_parameter_max_length"] == "0"
