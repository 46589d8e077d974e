"""Which listener serves which path."""

import pytest

from api_service.web.listeners import serves


@pytest.mark.parametrize("path", ["/ops", "/ops/jobs/1", "/api/ops/stats", "/hangfire", "/metrics"])
def test_operators_paths_are_theirs_alone(path: str) -> None:
    assert serves(path, operators=True)
    assert not serves(path, operators=False)


@pytest.mark.parametrize(
    "path",
    [
        "/api/client/profile",
        "/api/doctors/1",
        "/unsubscribe/x",
        "/a/x",
        "/docs",
        "/openapi.json",
        "/opsx",
        "/api/opsy",
    ],
)
def test_everything_else_is_public_alone(path: str) -> None:
    assert serves(path, operators=False)
    assert not serves(path, operators=True)


@pytest.mark.parametrize("operators", [True, False])
@pytest.mark.parametrize("path", ["/", "/livez", "/readyz"])
def test_probes_and_the_front_page_are_on_both(path: str, operators: bool) -> None:
    assert serves(path, operators=operators)
