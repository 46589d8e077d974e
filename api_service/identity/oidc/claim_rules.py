"""Decides by the claims of a provider who a person is, and which roles they have here. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api_service.identity.claims import OPS, OPS_READ

OPERATORS: Final = frozenset({OPS, OPS_READ})
"""The roles that a provider can give."""
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """`roles_claim`: the name of a claim, or a path with dots, such as realm_access.roles. `groups`: the provider's
    groups or roles, and the role here of each; empty: they are called as here. `name_claim`: what people are called in
    the dashboard and its log."""

    roles_claim: str
    groups: Mapping[str, str]
    name_claim: str

    def roles(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Those of OPERATORS that the claims give. What is no name, or names no role, gives none."""
        named = {each for each in _values(_at(claims, self.roles_claim)) if isinstance(each, str)}
        if self.groups:
            named = {self.groups[each] for each in named if each in self.groups}
        return OPERATORS & named

    def name(self, claims: Mapping[str, Any], subject: str) -> str:
        """What to call the person; their `sub` where the claim is missing or cannot be shown."""
        found = _at(claims, self.name_claim)
        usable = isinstance(found, str) and found.isprintable() and 0 < len(found.strip()) <= _LONGEST_NAME
        return str(found).strip() if usable else subject


def _values(found: Any) -> list[Any]:
    """Several values, or the one. A text is one value: a group's name may have spaces."""
    return found if isinstance(found, list) else [found]


def _at(claims: Any, path: str) -> Any:
    """The value at a path. A name of a claim may have dots itself (a URL, a client's id), so the longest name that
    exists counts."""
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    for name, rest in _splits(path):
        if name in claims and (found := _at(claims[name], rest)) is not None:
            return found
    return None


def _splits(path: str) -> Iterator[tuple[str, str]]:
    """Every way to cut the path in two at a dot, the longest first part first."""
    for place in range(len(path) - 1, -1, -1):
        if path[place] == ".":
            yield path[:place], path[place + 1 :]
