"""Keeps the fields of a form whose session had ended, until its sender has signed in and sends it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode

from multidict import MultiMapping

_LONGEST: Final = 16_384
"""Characters of a form that is kept; longer than any that a person types here."""
_MOST_FIELDS: Final = 300
_NOT_KEPT: Final = ("/ops/sign-in", "/ops/sign-out", "/ops/theme", "/ops/zone")
_LABELS: Final[Mapping[str, str]] = {
    "reason": "Reason",
    "note": "Note",
    "address": "Address",
    "q": "Search",
    "pace": "Jobs a second",
    "typed": "Number of jobs, typed to confirm",
}
_ASKED: Final[Mapping[str, str]] = {
    "requeue": "Requeue this job",
    "cancel": "Cancel this job",
    "resend": "Send it again",
    "discard": "Give it up",
    "pause": "Pause the queue",
    "resume": "Resume the queue",
    "note": "Save the note",
    "search": "Search",
    "find": "Find the address",
    "suppressions": "Suppress the address",
}


@dataclass(frozen=True, slots=True)
class KeptForm:
    """`action`: the path that the form is sent to; `fields`: its names and values, without the session's token."""

    action: str
    fields: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, path: str, form: MultiMapping[str]) -> Self | None:
        """None if no field is worth keeping, or the form is too long."""
        kept = cls(path, [(name, value) for name, value in form.items() if name != "csrf"])
        return None if path in _NOT_KEPT or len(kept.encoded) > _LONGEST else kept

    @classmethod
    def parse(cls, action: str, encoded: str) -> Self | None:
        """From the fields of a sign-in page, whatever they hold; `action` is a path of the dashboard."""
        if action in _NOT_KEPT or len(encoded) > _LONGEST:
            return None
        try:
            return cls(action, parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            return None

    @property
    def encoded(self) -> str:
        return urlencode(self.fields)

    @property
    def asks(self) -> str:
        """The button that sends it.

        >>> KeptForm("/ops/failed/note", []).asks, KeptForm("/ops/confirmations/1", []).asks
        ('Save the note', 'Send it')
        """
        return _ASKED.get(self.action.rpartition("/")[2], "Send it")

    @property
    def typed(self) -> Sequence[tuple[str, str, str]]:
        """Name, label and value of the fields that people type into."""
        return [(name, _LABELS[name], value) for name, value in self.fields if name in _LABELS]

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        return [(name, value) for name, value in self.fields if name not in _LABELS]
