"""Roles and names by the claims of a provider, whatever these are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.identity.oidc.claim_rules import OPERATORS, ClaimRules
from api_service.oidc_settings import _groups

NAME = "preferred_username"


@pytest.mark.parametrize(
    ("path", "claims", "roles"),
    [
        ("roles", {"roles": ["ops", "other"]}, {"ops"}),
        ("roles", {"roles": "ops:read"}, {"ops:read"}),
        ("roles", {"roles": "ops ops:read"}, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["ops"]}}, {"ops"}),
        ("realm_access.roles", {"realm_access.roles": ["ops:read"], "realm_access": {"roles": ["ops"]}}, {"ops:read"}),
        ("resource_access.my.app.roles", {"resource_access": {"my.app": {"roles": ["ops"]}}}, {"ops"}),
        ("https://clinic.example/roles", {"https://clinic.example/roles": ["ops"]}, {"ops"}),
        ("a.b", {"a": ["b"]}, set()),
        ("a.b", {"a": {"b": {"ops": 1}}}, set()),
        ("a..b", {"a": {"": {"b": "ops"}}}, {"ops"}),
        ("roles", {}, set()),
    ],
)
def test_roles_stand_at_a_path(path: str, claims: dict[str, Any], roles: set[str]) -> None:
    assert ClaimRules(path, {}, NAME).roles(claims) == roles


def test_groups_have_the_roles_that_the_settings_give_them_and_no_others() -> None:
    rules = ClaimRules("groups", {"/clinic/admins": "ops", "CN=night, OU=x": "ops:read"}, NAME)
    assert rules.roles({"groups": ["/clinic/admins", "CN=night, OU=x"]}) == {"ops", "ops:read"}
    assert rules.roles({"groups": ["ops", "/clinic", "/CLINIC/ADMINS"]}) == frozenset()


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("admins=ops", {"admins": "ops"}),
        (" admins = ops , night shift=ops:read,", {"admins": "ops", "night shift": "ops:read"}),
        ("CN=x=ops", {"CN=x": "ops"}),
        ('{"CN=a,OU=b": "ops"}', {"CN=a,OU=b": "ops"}),
    ],
)
def test_the_setting_is_pairs_or_json(text: str, groups: dict[str, str]) -> None:
    assert _groups(text) == groups


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(sorted(OPERATORS)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "a.b", "", "x"]), inner),
    max_leaves=12,
)


@given(claims=st.dictionaries(st.sampled_from(["a", "b", "a.b", ""]), ANY_JSON), path=st.text("ab.", max_size=7))
def test_any_claims_give_known_roles_and_a_name_that_can_be_shown(claims: dict[str, Any], path: str) -> None:
    rules = ClaimRules(path, {}, path)
    assert rules.roles(claims) <= OPERATORS
    name = rules.name(claims, "sub-1")
    assert name.isprintable()
    assert 0 < len(name) <= 200
