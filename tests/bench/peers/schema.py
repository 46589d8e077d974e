"""The two tables that every peer has."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE appointments (
    id         uuid PRIMARY KEY,
    doctor_id  text NOT NULL,
    client     text NOT NULL,
    local_date date NOT NULL,
    local_time time NOT NULL,
    reason     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (doctor_id, local_date, local_time)
);
CREATE TABLE inbox (
    id             uuid PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES appointments,
    title          text NOT NULL,
    body           text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);
"""
BOOK: Final = (
    "INSERT INTO appointments (id, doctor_id, client, local_date, local_time, reason) VALUES ({}, {}, {}, {}, {}, {})"
)
TELL: Final = "INSERT INTO inbox (id, appointment_id, title, body) VALUES ({}, {}, {}, {})"
READ: Final = "SELECT id, doctor_id, client, local_date, local_time, reason FROM appointments WHERE id = {}"


def numbered(statement: str) -> str:
    """With asyncpg's placeholders."""
    return statement.format(*(f"${number}" for number in range(1, statement.count("{}") + 1)))


def percents(statement: str) -> str:
    """With psycopg's."""
    return statement.replace("{}", "%s")
