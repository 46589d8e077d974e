"""What zones are called: right for every zone, in languages of every script and direction."""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from babel import Locale

from shared.people import zone_names, zones

LANGUAGES: Final = ("en", "de", "fr", "pl", "tr", "uk", "ar", "he", "fa", "ur", "hi", "ja", "zh-Hant", "pt-BR")
MONTHS: Final = [datetime(2027, month, 12, 9, tzinfo=UTC) for month in range(1, 13)]
OFFSET: Final = re.compile(r"[+\u2212-]\d\d?(:|$|\W)|[+\u2212-][\u0660-\u0669\u06f0-\u06f9]|\u2205")


def named(moment: datetime, zone: str, tag: str) -> str:
    return zone_names.name(moment.astimezone(zones.zone(zone)), Locale.parse("en-GB" if tag == "en" else tag, sep="-"))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_place_reads_only_as_an_offset(tag: str) -> None:
    bare = {zone for zone in zones.names() for moment in MONTHS[::6] if OFFSET.search(named(moment, zone, tag))}
    assert bare == {zone for zone in zones.names() if re.fullmatch(r"Etc/GMT[+-][1-9]\d?", zone)}


@pytest.mark.parametrize("tag", ["en", "de", "fa"])
def test_what_is_called_the_same_has_the_same_time(tag: str) -> None:
    for moment in MONTHS:
        offsets = defaultdict(set)
        for zone in zones.names():
            offsets[named(moment, zone, tag)].add(moment.astimezone(zones.zone(zone)).utcoffset())
        assert {name: found for name, found in offsets.items() if len(found) > 1} == {}


def test_summer_time_is_ahead_of_standard_time_everywhere() -> None:
    for zone in zones.names():
        offsets = defaultdict(set)
        for moment in MONTHS:
            local = moment.astimezone(zones.zone(zone))
            offsets[zone_names.variant(local)].add(local.utcoffset() or timedelta())
        if len(offsets) == 2:
            assert max(offsets["standard"]) < min(offsets["daylight"]), zone


@pytest.mark.parametrize(
    ("zone", "moment", "name"),
    [
        ("Europe/Dublin", datetime(2027, 1, 15, tzinfo=UTC), "Greenwich Mean Time"),
        ("Europe/Dublin", datetime(2027, 7, 15, tzinfo=UTC), "Irish Standard Time"),
        ("Europe/London", datetime(2027, 7, 15, tzinfo=UTC), "British Summer Time"),
        ("Europe/Berlin", datetime(2027, 1, 15, tzinfo=UTC), "Central European Standard Time"),
        ("Europe/Kyiv", datetime(2027, 7, 15, tzinfo=UTC), "Eastern European Summer Time"),
        ("Asia/Kolkata", datetime(2027, 1, 15, tzinfo=UTC), "India Standard Time"),
        ("Asia/Calcutta", datetime(2027, 1, 15, tzinfo=UTC), "India Standard Time"),
        ("America/Vancouver", datetime(2027, 1, 15, tzinfo=UTC), "Vancouver Time"),  # UTC-7 all year since 2026
        ("America/Los_Angeles", datetime(2027, 1, 15, tzinfo=UTC), "Pacific Standard Time"),
        ("Africa/Casablanca", datetime(2027, 2, 12, tzinfo=UTC), "Morocco Time"),
        ("Africa/Windhoek", datetime(2005, 7, 15, tzinfo=UTC), "Namibia Time"),  # set back in winter, until 2017
        ("America/Coyhaique", datetime(2027, 7, 15, tzinfo=UTC), "Coyhaique Time"),  # of 2025
        ("UTC", datetime(2027, 7, 15, tzinfo=UTC), "Coordinated Universal Time"),
        ("Etc/GMT+5", datetime(2027, 7, 15, tzinfo=UTC), "GMT-05:00"),
    ],
)
def test_names_of_some_places(zone: str, moment: datetime, name: str) -> None:
    assert named(moment, zone, "en") == name
