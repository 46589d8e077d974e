"""The network rules of deploy/kubernetes: everything is denied, and everything that is needed is let through."""

from typing import Any, Final

import pytest

from tests.support.kustomize import OVERLAYS, Manifest, of_kind, overlay, pod_templates

Labels = dict[str, str]

POSTGRES: Final = {"cnpg.io/cluster": "punctual-postgres", "cnpg.io/podRole": "instance"}
RABBITMQ: Final = {"app.kubernetes.io/name": "punctual-rabbitmq", "app.kubernetes.io/component": "rabbitmq"}
POOLER: Final = {
    "cnpg.io/poolerName": "punctual-pooler",
    "cnpg.io/cluster": "punctual-postgres",
    "cnpg.io/podRole": "pooler",
}
"""The labels that operators give their pods, by their documents."""


def ours(component: str) -> Labels:
    return {"app.kubernetes.io/name": "punctual", "app.kubernetes.io/component": component}


def selects(selector: dict[str, Any], labels: Labels) -> bool:
    """By https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/: of the expressions, `In` alone."""
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    wanted: Labels = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def lets(policies: list[Manifest], direction: str, pod: Labels, peer: Labels | str, port: int) -> bool:
    """Whether some policy lets a pod receive from (Ingress) or send to (Egress) a peer: the labels of pods in this
    namespace, or the name of another namespace; "" is an address outside of the cluster. TCP alone."""
    rules = [
        rule
        for policy in policies
        if selects(policy["spec"]["podSelector"], pod)
        for rule in policy["spec"].get(direction.lower(), [])
    ]
    side = "from" if direction == "Ingress" else "to"
    return any(
        (side not in rule or any(_is(peer, each) for each in rule[side]))
        and any(_has(each, port) for each in rule["ports"])
        for rule in rules
    )


def _is(peer: Labels | str, described: dict[str, Any]) -> bool:
    if isinstance(peer, str):
        return bool(described.get("namespaceSelector") == {"matchLabels": {"kubernetes.io/metadata.name": peer}})
    return "namespaceSelector" not in described and selects(described["podSelector"], peer)


def _has(described: dict[str, Any], port: int) -> bool:
    first: int = described["port"]
    last: int = described.get("endPort", first)
    return described.get("protocol", "TCP") == "TCP" and first <= port <= last


@pytest.fixture(params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> list[Manifest]:
    return overlay(request.param)


@pytest.fixture
def policies(objects: list[Manifest]) -> list[Manifest]:
    return of_kind(objects, "NetworkPolicy")


def components(objects: list[Manifest]) -> list[str]:
    labels = [template["metadata"]["labels"] for template in pod_templates(objects).values()]
    return [each["app.kubernetes.io/component"] for each in labels if each["app.kubernetes.io/name"] == "punctual"]


def test_what_no_rule_names_is_denied(policies: list[Manifest]) -> None:
    [deny] = [each["spec"] for each in policies if each["spec"]["podSelector"] == {} and len(each["spec"]) == 2]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert not lets(policies, "Ingress", ours("api"), "default", 5000)
    assert not lets(policies, "Ingress", ours("api"), "gateway", 5002), "operators have a port of their own"
    assert not lets(policies, "Ingress", POSTGRES, ours("api"), 5432), "by the pooler alone"
    assert not lets(policies, "Egress", ours("api"), "", 443)
    assert not lets(policies, "Egress", ours("notifier"), "", 443)
    assert not lets(policies, "Ingress", RABBITMQ, ours("api"), 15671)


def test_every_rule_is_of_a_direction_that_its_policy_is_for(policies: list[Manifest]) -> None:
    for each in policies:
        spec = each["spec"]
        for direction in ("Ingress", "Egress"):
            assert direction in spec["policyTypes"] or direction.lower() not in spec, each["metadata"]["name"]


def test_every_pod_may_ask_for_names(objects: list[Manifest], policies: list[Manifest]) -> None:
    names = [each["spec"] for each in policies if each["metadata"]["name"] == "names"]
    assert [each["podSelector"] for each in names] == [{}]
    assert {(port["protocol"], port["port"]) for port in names[0]["egress"][0]["ports"]} == {("UDP", 53), ("TCP", 53)}


def test_services_reach_their_servers_from_both_sides(objects: list[Manifest], policies: list[Manifest]) -> None:
    for component in components(objects):
        ways = [(POOLER, 5432), (RABBITMQ, 5671)]
        if component == "migrate":
            ways = [(POSTGRES, 5432)]
        for server, port in ways:
            assert lets(policies, "Egress", ours(component), server, port), component
            assert lets(policies, "Ingress", server, ours(component), port), component


def test_servers_reach_each_other_and_the_clusters_api(policies: list[Manifest]) -> None:
    for port in (5432, 8000):
        assert lets(policies, "Egress", POSTGRES, POSTGRES, port)
        assert lets(policies, "Ingress", POSTGRES, POSTGRES, port)
    for port in (4369, 25672, 35672, 35682):
        assert lets(policies, "Egress", RABBITMQ, RABBITMQ, port)
        assert lets(policies, "Ingress", RABBITMQ, RABBITMQ, port)
    assert lets(policies, "Egress", POOLER, POSTGRES, 5432)
    assert lets(policies, "Ingress", POSTGRES, POOLER, 5432)
    assert lets(policies, "Ingress", POSTGRES, "cnpg-system", 8000)
    for server in (POSTGRES, POOLER, RABBITMQ):
        assert lets(policies, "Egress", server, "", 443)
        assert lets(policies, "Egress", server, "", 6443)


def test_clients_reach_the_api_by_the_gateway(policies: list[Manifest]) -> None:
    assert lets(policies, "Ingress", ours("api"), "gateway", 5000)


def test_notifiers_reach_the_mail_server(objects: list[Manifest], policies: list[Manifest]) -> None:
    [settings] = [
        each["data"] for each in of_kind(objects, "ConfigMap") if each["metadata"]["name"] == "punctual-notifier"
    ]
    inside = settings["SMTP_HOST"] == "mailbox"
    server: Labels | str = {"app.kubernetes.io/name": "mailbox"} if inside else ""
    assert lets(policies, "Egress", ours("notifier"), server, int(settings["SMTP_PORT"]))
    assert not lets(policies, "Egress", ours("api"), server, int(settings["SMTP_PORT"]))


def test_prometheus_reaches_every_port_that_it_scrapes(objects: list[Manifest], policies: list[Manifest]) -> None:
    operators = {"prometheus-tls": 15691, "metrics": 9187}
    templates = list(pod_templates(objects).values())
    for monitor in of_kind(objects, "PodMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        pods = [each for each in templates if selects({"matchLabels": wanted}, each["metadata"]["labels"])]
        labels: Labels = pods[0]["metadata"]["labels"] if pods else wanted
        ports = dict(operators) if "cnpg.io/poolerName" not in wanted else {"metrics": 9127}
        for container in (container for pod in pods for container in pod["spec"]["containers"]):
            ports |= {port["name"]: port["containerPort"] for port in container["ports"]}
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            assert lets(policies, "Ingress", labels, "monitoring", ports[endpoint["port"]]), monitor["metadata"]["name"]


def test_a_service_leads_to_pods_that_have_its_port(objects: list[Manifest]) -> None:
    templates = list(pod_templates(objects).values())
    for service in of_kind(objects, "Service"):
        pods = [
            each
            for each in templates
            if selects({"matchLabels": service["spec"]["selector"]}, each["metadata"]["labels"])
        ]
        assert len(pods) == 1, service["metadata"]["name"]
        named = {port["name"] for container in pods[0]["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_routes_lead_to_the_clients_port_alone(objects: list[Manifest]) -> None:
    for route in of_kind(objects, "HTTPRoute"):
        backends = [each for rule in route["spec"]["rules"] for each in rule["backendRefs"]]
        assert backends == [{"name": "punctual-api", "port": 80}]
