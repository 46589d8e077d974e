"""Shows the filters of a list as chips, which one click adds or removes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api_service.ops.core.filters import WAITING
from api_service.ops.dashboard.listing import PERIODS, Wanted
from api_service.ops.dashboard.texts import kind, short
from shared.jobs.model import Kind, Priority

_PERIODS: Final[Mapping[str, str]] = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days"}
_TYPED: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "group": ("Cause", str),
    "error": ("Error contains", str),
    "client": ("Client", str),
    "appointment": ("Appointment", short),
    "since": ("From", str),
    "until": ("Until", str),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """`url` leads to the list with this filter; where the filter `is_on`, to the list without it."""

    words: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class ChipGroup:
    """The values that one filter can have."""

    title: str
    chips: Sequence[Chip]


def choices(wanted: Wanted) -> Sequence[ChipGroup]:
    """The filters that have few values, each value as a chip."""
    length = "Next" if wanted.state in WAITING else "Last"
    return (
        _group("Kind", wanted, "kind", {str(each): kind(each) for each in Kind}),
        _group("Queue", wanted, "queue", {str(each): str(each) for each in Priority}),
        _group(length, wanted, "period", {each: _PERIODS[each] for each in PERIODS}),
    )


def typed(wanted: Wanted) -> Sequence[Chip]:
    """The filters that were typed or followed, as long as they are set."""
    return [
        Chip(f"{title}: {shown(value)}", wanted.url(**{name: ""}), is_on=True)
        for name, (title, shown) in _TYPED.items()
        if (value := getattr(wanted, name))
    ]


def _group(title: str, wanted: Wanted, name: str, values: Mapping[str, str]) -> ChipGroup:
    chosen = getattr(wanted, name)
    chips = [
        Chip(words, wanted.url(**{name: "" if value == chosen else value}), is_on=value == chosen)
        for value, words in values.items()
    ]
    return ChipGroup(title, chips)
