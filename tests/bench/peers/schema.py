"""The tables of the peers, and the statements for a booking and its notice.

PEER_READS=ours: the peer reads the rows that Punctual reads, too (doctor, client, bookings ahead, suppressed
addresses), and keeps the client. Otherwise it reads the appointment alone.
"""

import os
from typing import Final

OUR_READS: Final = os.environ.get("PEER_READS") == "ours"
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
SCHEMA_OF_OUR_READS: Final = """
CREATE TABLE doctors (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    specialty  text,
    location   text,
    timezone   text NOT NULL
);
INSERT INTO doctors
SELECT n::text, 'Dr. Ada ' || n, 'Cardiology', 'Lindenstraße 12, 10969 Berlin', 'Europe/Berlin'
  FROM generate_series(1, 20) AS n;
CREATE TABLE clients (
    id         text PRIMARY KEY,
    email      text NOT NULL,
    locale     text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE suppressions (address text PRIMARY KEY);
CREATE INDEX ON appointments (client, local_date);
"""
"""In addition, where PEER_READS=ours."""
BOOK: Final = (
    "INSERT INTO appointments (id, doctor_id, client, local_date, local_time, reason) VALUES ({}, {}, {}, {}, {}, {})"
)
KNOW: Final = (
    "INSERT INTO clients (id, email) VALUES ({}, {}) ON CONFLICT (id) DO UPDATE SET email = excluded.email"
    " WHERE clients.email <> excluded.email"
)
CHECK: Final = (
    "SELECT d.timezone, (SELECT count(*) FROM appointments WHERE client = {} AND local_date >= current_date)"
    "  FROM doctors d WHERE d.id = {}"
)
TELL: Final = "INSERT INTO inbox (id, appointment_id, title, body) VALUES ({}, {}, {}, {})"
_OF_THE_APPOINTMENT: Final = (
    "SELECT id, doctor_id, client, local_date, local_time, reason FROM appointments WHERE id = {}"
)
_OF_ALL: Final = (
    "SELECT a.id, d.id AS doctor_id, c.id AS client_id, a.local_date, a.local_time, a.reason, d.name, d.specialty,"
    "       d.location, c.locale,"
    "       EXISTS (SELECT FROM suppressions s WHERE s.address = c.email)"
    "  FROM appointments a JOIN doctors d ON d.id = a.doctor_id JOIN clients c ON c.id = a.client WHERE a.id = {}"
)
READ: Final = _OF_ALL if OUR_READS else _OF_THE_APPOINTMENT


def numbered(statement: str) -> str:
    """With asyncpg's placeholders."""
    return statement.format(*(f"${number}" for number in range(1, statement.count("{}") + 1)))


def percents(statement: str) -> str:
    """With psycopg's."""
    return statement.replace("{}", "%s")
