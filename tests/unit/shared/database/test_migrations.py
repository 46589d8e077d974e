"""New migrations leave bookings alone: squawk's rules on locks, and the rules of the folder's README."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from shared.database.migrations.files import Migration, Step, migrations, steps

FOLDER: Final = Path(__file__).parents[4] / "shared" / "database" / "migrations"
SHIPPED: Final = Path(__file__).with_name("shipped_migrations.sha256")
LAST_WITHOUT_RULES: Final = "0024_parked_mails"
"""Files up to this one were shipped before there were rules, and may not change."""
RULES: Final = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-required-field",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
        "require-concurrent-index-deletion",
    }
)
"""https://squawkhq.com/docs/rules"""
_NEW_COLUMN_CHECKED: Final = re.compile(r"ADD\s+COLUMN\s[^,;]*\b(CHECK|REFERENCES)\b", re.IGNORECASE)
"""Squawk lets these pass, and PostgreSQL looks at every row for them."""


def faults(step: Step) -> set[str]:
    """The rules that a step breaks."""
    command = [str(Path(sys.executable).parent / "squawk"), "--reporter", "json", "--pg-version", "11.0"]
    if step.in_transaction:
        command.append("--assume-in-transaction")
    said = subprocess.run(command, input=step.text, capture_output=True, text=True, check=False)
    found = {each["rule_name"] for each in json.loads(said.stdout)} & RULES
    return found | ({"new-column-checked"} if _NEW_COLUMN_CHECKED.search(step.text) else set())


NEW: Final = [each for each in migrations() if each.name > LAST_WITHOUT_RULES]


@pytest.mark.parametrize("migration", NEW, ids=lambda each: each.name)
def test_new_migrations_block_nobody(migration: Migration) -> None:
    broken = {step.name: found for step in migration.steps if (found := faults(step))}
    assert broken == {}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("require-concurrent-index-creation", "CREATE INDEX i ON jobs (kind);"),
        ("require-concurrent-index-deletion", "DROP INDEX i;"),
        ("constraint-missing-not-valid", "ALTER TABLE jobs ADD CONSTRAINT c CHECK (attempt >= 0);"),
        ("adding-foreign-key-constraint", "ALTER TABLE jobs ADD FOREIGN KEY (client_id) REFERENCES clients;"),
        ("adding-not-nullable-field", "ALTER TABLE jobs ALTER COLUMN reason SET NOT NULL;"),
        ("adding-required-field", "ALTER TABLE jobs ADD COLUMN a text NOT NULL;"),
        ("adding-field-with-default", "ALTER TABLE jobs ADD COLUMN a uuid DEFAULT gen_random_uuid();"),
        ("changing-column-type", "ALTER TABLE jobs ALTER COLUMN reason TYPE varchar(10);"),
        ("disallowed-unique-constraint", "ALTER TABLE jobs ADD UNIQUE (kind);"),
        ("new-column-checked", "ALTER TABLE jobs ADD COLUMN a text CHECK (a <> '');"),
        ("new-column-checked", "ALTER TABLE jobs ADD COLUMN a text REFERENCES clients;"),
        (
            "constraint-missing-not-valid",
            "ALTER TABLE jobs ADD CONSTRAINT c CHECK (attempt >= 0) NOT VALID; ALTER TABLE jobs VALIDATE CONSTRAINT c;",
        ),
    ],
)
def test_the_rules_see(rule: str, text: str) -> None:
    (step,) = steps(text)
    assert rule in faults(step)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a (id uuid PRIMARY KEY, b text NOT NULL); CREATE INDEX i ON a (b);",
        "-- step outside a transaction: build i\nCREATE INDEX CONCURRENTLY i ON jobs (kind);",
        """-- step: add c
        ALTER TABLE jobs ADD CONSTRAINT c CHECK (attempt >= 0) NOT VALID;
-- step: prove c
        ALTER TABLE jobs VALIDATE CONSTRAINT c;""",
        "ALTER TABLE jobs ADD COLUMN a text NOT NULL DEFAULT 'email';",
    ],
)
def test_the_rules_let_pass(text: str) -> None:
    assert [faults(step) for step in steps(text) if faults(step)] == []


@pytest.mark.parametrize("migration", migrations(), ids=lambda each: each.name)
def test_steps_can_be_taken_up(migration: Migration) -> None:
    names = [step.name for step in migration.steps]
    assert len(set(names)) == len(names)
    for step in migration.steps:
        assert not (step.in_transaction and "CONCURRENTLY" in step.text), "stands in a transaction"
        if not step.in_transaction:
            assert step.text.rstrip().count(";") == 1, "one statement, since several would be a transaction"
            assert step.index or "IF EXISTS" in step.text or "IF NOT EXISTS" in step.text


def test_sql_before_the_first_step_is_refused() -> None:
    with pytest.raises(ValueError, match="before the first step"):
        steps("SELECT 1;\n-- step: a\nSELECT 2;")


def test_whatever_has_steps_online_was_shipped() -> None:
    shipped = {file.name for file in FOLDER.glob("*.sql")}
    assert {file.name for file in (FOLDER / "online").glob("*.sql")} <= shipped


def test_a_shipped_file_keeps_every_byte() -> None:
    """Each database keeps the checksum of what it has run, and no process starts on another one: not even a comment
    may change, so no search and replace may reach these files."""
    checksums = {each.name: each.checksum for each in migrations()}
    shipped = dict(line.split()[::-1] for line in SHIPPED.read_text("utf-8").splitlines())
    assert {name: checksums.get(name.removesuffix(".sql")) for name in shipped} == shipped


def test_the_readme_names_every_number_that_is_missing() -> None:
    numbers = {int(each.name[:4]) for each in migrations()}
    missing = set(range(1, int(LAST_WITHOUT_RULES[:4]))) - numbers
    text = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"{number:04}" in text for number in missing)
