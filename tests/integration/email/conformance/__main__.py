"""Writes the tables of docs/smtp.md: `python -m tests.integration.email.conformance`."""

from tests.integration.email.conformance.documentation import PAGE, written_into

PAGE.write_text(written_into(PAGE.read_text("utf-8")), "utf-8")
