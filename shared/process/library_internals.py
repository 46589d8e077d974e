"""Decides whether undocumented names of a library may be used: only with the versions that they were tested with.

Each library has one file that uses such names. The file is named after the library and its version, and its `INTERNALS`
list the names. Beside it stands a plain way that uses documented names only. See docs/decisions/0020.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import structlog

log = structlog.get_logger("shared.process.library_internals")


@dataclass(frozen=True, slots=True)
class Internals:
    """The undocumented names of one library that one file uses.

    `library`: its name for pip. `tested`: the beginning of the tested versions, such as "3.14". `names`: the names by
    class or module. `instead`: how the plain way does the same, for the log.
    """

    library: str
    tested: str
    names: Mapping[object, tuple[str, ...]]
    instead: str

    def know(self, installed: str) -> bool:
        """Whether this version was tested.

        >>> Internals("yarl", "1.2", {}, "").know("1.2.7"), Internals("yarl", "1.2", {}, "").know("1.20.0")
        (True, False)
        """
        return f"{installed}.".startswith(f"{self.tested}.")


_allowed = True
_usable: Final[dict[str, bool]] = {}


def allow(allowed: bool) -> None:
    """Sets for the whole process whether any inner names may be used (LIBRARY_INTERNALS). Call it before anything
    starts."""
    global _allowed
    _allowed = allowed
    _usable.clear()


def usable(internals: Internals) -> bool:
    """Whether this process may use these names. The first call decides; "no" is logged once, with the plain way."""
    if internals.library not in _usable:
        _usable[internals.library] = _decide(internals)
    return _usable[internals.library]


def _decide(internals: Internals) -> bool:
    installed = version(internals.library)
    known = internals.know(installed)
    if not (_allowed and known):
        log.warning(
            "library used by its documented names alone",
            library=internals.library,
            installed=installed,
            tested=internals.tested,
            reason="LIBRARY_INTERNALS=off" if known else "another version than was tested",
            instead=internals.instead,
        )
    return _allowed and known
