"""Zones come from the pinned package, whatever zone files the machine has."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import tzdata

from shared.people import zones
from tests.support.repository import ROOT

DOCTORED = """
from datetime import datetime
from zoneinfo import ZoneInfo
print(ZoneInfo("Europe/Berlin").utcoffset(datetime(2027, 1, 5)))
"""
SAYS = """
import sys
from datetime import UTC, date, datetime, time
from api_service.doctors.slot_rules import NotBookable, instant
from shared.wording import builtin
from shared.people import zones
from tests.unit.shared.calendar.test_writer import an_event, file_of
zones.bind_libraries()
for name in sorted(zones.names()):
    for month in range(1, 13):
        moment = datetime(2027, month, 15, 9, 30, tzinfo=UTC)
        print(name, moment.astimezone(zones.zone(name)).isoformat(), builtin().of("en").zone(moment, name))
        print(instant(date(2027, month, 15), time(9, 30), zones.zone(name)))
print(file_of(an_event()))
"""


def says(**environment: str) -> str:
    """Instants, names and a calendar file of every zone, from a process with this environment."""
    return printed(SAYS, **environment)


def printed(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def test_the_machines_files_change_nothing(tmp_path: Path) -> None:
    for name in zones.names():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((files("tzdata.zoneinfo") / "Asia" / "Tokyo").read_bytes())
    tree = {"PYTHONTZPATH": str(tmp_path), "TZ": "Europe/Berlin"}

    assert printed(DOCTORED, **tree) == "9:00:00\n"  # else this test would show nothing
    assert says(**tree) == says(PYTHONTZPATH="")


def test_every_zone_of_the_package_can_be_made() -> None:
    for name in zones.names():
        offset = datetime(2027, 1, 5, tzinfo=UTC).astimezone(zones.zone(name)).utcoffset()
        assert offset is not None
        assert abs(offset) <= timedelta(hours=14)


@pytest.mark.parametrize(
    "name", ["America/Newzone", "", "Factory", "localtime", "../zones", "Europe", "/etc/localtime", "a\0b"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(zones.UnknownZone, match="not in the zone data"):
        zones.zone(name)


def test_the_release_is_the_packages() -> None:
    assert zones.VERSION == tzdata.IANA_VERSION
    assert zones.zone("Europe/Berlin") is zones.zone("Europe/Berlin")
