"""docs/smtp.md says what the tests hold the code to."""

from tests.integration.email.conformance.documentation import PAGE, written_into


def test_its_tables_are_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written_into(page), "run: .venv/bin/python -m tests.integration.email.conformance"
    assert "| the right one | sent, 1, kept |" in page
