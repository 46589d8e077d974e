"""Decides whether undocumented names of a library may be used: only with the versions that they were tested with.

Each library has one file that uses such names. It is named after the library and its version, and its `INTERNALS` say
which names. Beside it stands a plain way, by the library's documented names alone. docs/decisions/0020.
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

    `library`: as pip calls it. `tested`: how the versions begin that the file was tested with, such as "3.14".
    `names`: by class or module. `instead`: what the plain way does, for the log.
    """

    library: str
    tested: str
    names: Mapping[object, tuple[str, ...]]
    instead: str

    def know(self, installed: str) -> bool:
        """Whether this version is one that was tested.

        >>> Internals("yarl", "1.2", {}, "").know("1.2.7"), Internals("yarl", "1.2", {}, "").know("1.20.0")
        (True, False)
        """
        return f"{installed}.".startswith(f"{self.tested}.")


_allowed = True
_usable: Final[dict[str, bool]] = {}


def allow(allowed: bool) -> None:
    """Says for the whole process whether any may be used (LIBRARY_INTERNALS). To be called before anything starts."""
    global _allowed
    _allowed = allowed
    _usable.clear()


def usable(internals: Internals) -> bool:
    """Whether this process may use them. The first call decides; a no is logged once, with the plain way's name."""
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
