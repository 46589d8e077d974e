"""docs/migrating-from-hangfire.md names the columns that the commands read and write."""

import re

from api_service import cli
from api_service.importing import hangfire, model
from api_service.importing.handing_back import COLUMNS
from tests.support.repository import ROOT

TEXT = (ROOT / "docs/migrating-from-hangfire.md").read_text()


def test_every_column_of_both_files_is_explained() -> None:
    rows = " ".join(line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`(\w+)`", rows))
    assert {*model.COLUMNS.required, *model.COLUMNS.optional, *COLUMNS} <= named


def test_the_queries_answer_with_the_columns_of_the_files() -> None:
    appointments, jobs = (
        set(re.findall(r"AS (\w+)[,\n]", text)) for text in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    )
    known = {*hangfire.COLUMNS.required, *hangfire.COLUMNS.optional}
    assert jobs - {"j", "s"} >= known
    assert set(model.COLUMNS.required) <= appointments <= {*model.COLUMNS.required, *model.COLUMNS.optional, "a", "p"}


def test_every_option_of_the_page_exists() -> None:
    commands = next(each.choices for each in cli.parser()._actions if each.dest == "command")
    assert isinstance(commands, dict)
    known = {option for name in ("import", "hand-back") for option in commands[name]._option_string_actions}
    assert set(re.findall(r"(?<![\w|-])--[a-z]+[a-z-]*", TEXT)) <= known
