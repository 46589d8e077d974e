"""Statements that tell what a client was told leave out what doctors are told: each of its kinds, or none."""

from pathlib import Path

import pytest

from shared.jobs.model import DOCTOR_KINDS, Kind
from tests.support.repository import ROOT

FILES = [
    path
    for room in ("api_service", "notifier_service", "shared/jobs", "shared/deliveries")
    for path in sorted((ROOT / room).rglob("*.sql"))
]
OF_ONE_KIND = {
    "agendas.sql": Kind.AGENDA,  # makes them
    "erasing.sql": Kind.AGENDA,  # goes out when the client of its first appointment is erased
    "load": Kind.AGENDA,  # its own join
}


def statements_of(path: Path) -> list[str]:
    return path.read_text("utf-8").split("-- name: ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_statement_names_all_kinds_of_doctors_or_none(path: Path) -> None:
    for statement in statements_of(path):
        lines = [line for line in statement.splitlines() if "doctor_agenda_email" in line]
        if path.name in OF_ONE_KIND or statement.split("\n")[0] in OF_ONE_KIND:
            continue
        for kind in DOCTOR_KINDS:
            assert not lines or kind in statement, (path, kind)


def test_there_are_such_statements() -> None:
    assert sum("doctor_notice_email" in path.read_text("utf-8") for path in FILES) > 8
