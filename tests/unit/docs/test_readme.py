"""README says what the code does."""

from deploy.configuration import README, written_into


def test_its_table_of_settings_is_the_one_that_the_models_give() -> None:
    text = README.read_text("utf-8")
    assert text == written_into(text), "run: .venv/bin/python -m deploy.configuration"
