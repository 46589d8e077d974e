"""Zone laws for tests: the same zone before and after its law has changed."""

import io
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo  # noqa: TID251 - makes zones of its own

import pytest

from api_service.zones import law
from shared.people import zones

VANCOUVER: Final = "America/Vancouver"
UNTIL_2026: Final = "PST8PDT,M3.2.0,M11.1.0"
"""Vancouver's law up to zone data 2025b; since then it is seven hours behind UTC all year."""


def a_zone(name: str, rule: str) -> tzinfo:
    """A zone that has always had one POSIX rule (RFC 8536, the footer of version 2)."""
    block = b"TZif2" + bytes(15) + bytes(4 * 4) + (1).to_bytes(4, "big") + (4).to_bytes(4, "big")
    block += bytes(4) + b"\0\0" + b"XXX\0"
    return ZoneInfo.from_file(io.BytesIO(block + block + f"\n{rule}\n".encode()), key=name)


class Law:
    """What `shared.people.zones` says for the rest of a test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._of_the_package: Callable[[str], tzinfo] = zones.zone

    def becomes(self, rules: Mapping[str, str], version: str = zones.VERSION) -> None:
        """These zones have these rules, all others the package's."""
        made = {name: a_zone(name, rule) for name, rule in rules.items()}
        self._patch.setattr(zones, "zone", lambda name: made.get(name) or self._of_the_package(name))
        self._patch.setattr(zones, "VERSION", version)
        law._stretches.cache_clear()
