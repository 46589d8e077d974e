"""The steps of an upgrade, as pieces of its progress."""

import io

from shared.database.migrations.files import Migration, Step
from shared.database.migrations.ledger import Missing
from shared.database.migrations.pieces import Pieces, touched
from shared.process.progress import ProgressBar

BUILD = Step("build", "-- clients\nCREATE INDEX CONCURRENTLY i ON jobs (id)", in_transaction=False)
ALTER = Step("alter", "ALTER TABLE jobs ADD COLUMN c int")
MIGRATION = Migration("0001_first", "", [BUILD, ALTER])
SIZES = {"jobs": 97_000, "clients": 5_000, "job": 1_000_000}


def test_a_step_touches_the_tables_that_it_names_but_in_comments() -> None:
    assert touched(BUILD, SIZES) == {"jobs": 97_000}


def test_a_step_that_reads_a_table_weighs_its_rows_and_one_that_does_not_weighs_little() -> None:
    shown = ProgressBar("migrate", 0, stream=io.StringIO())
    pieces = Pieces(shown, SIZES, [Missing(MIGRATION, [BUILD, ALTER])])
    with pieces.of(MIGRATION, BUILD) as done:
        done(0.5)
        assert str(shown).startswith("migrate:  49 %")
    assert str(shown).startswith("migrate:  99 %")
    with pieces.of(MIGRATION, ALTER):
        pass
    assert str(shown).startswith("migrate: 100 %")


def test_without_a_bar_the_steps_run_all_the_same() -> None:
    with Pieces(None, SIZES, []).of(MIGRATION, BUILD) as done:
        done(0.5)
