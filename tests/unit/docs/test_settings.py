"""docs/settings.md lists every setting as the code has it."""

from deploy.configuration import DOCUMENT, written_into


def test_the_table_is_the_one_that_the_settings_models_give() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text == written_into(text), "run: .venv/bin/python -m deploy.configuration"
