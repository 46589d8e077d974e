"""Whatever text a client's id is: the record of actions is exported, and names nobody after the erasure."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api_service.ops.core import erasing, exporting
from api_service.ops.core.actions import By
from shared.database import Database
from shared.ids import new_id
from tests.support.factories import a_job
from tests.support.personal_data import dump
from tests.support.rows import a_client, a_dead_letter, a_suppression

BY = By("operator")
IDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=4, max_size=30)
"""PostgreSQL keeps no NUL and no half of a surrogate pair. Shorter ones are looked for as whole strings only."""
NAME = "Zqlovelace Family"


def targets(client_id: str) -> list[dict[str, Any]]:
    """Places in JSON in which an id may stand."""
    return [{"clientId": client_id}, {"filter": {"any": [1, {"clientId": client_id}]}}, {client_id: 1}]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example('pat"Zq\\72250')
@example("\\nZq\n\t\u2028\x01")
@example("Zq%_.*+?[a](b){2}|^$#& -~")
@given(client_id=IDS)
async def test_the_record_of_actions_is_exported_and_erased(database: Database, client_id: str) -> None:
    await database.execute("TRUNCATE operator_actions, dead_letters, erased_clients")
    await a_client(database, client_id, None)
    for target in targets(client_id):
        await database.execute(
            "INSERT INTO operator_actions (id, operator, action, target, matched, changed)"
            " VALUES ($1, 'o', 'requeue_many', $2, 1, 1)",
            *(new_id(), orjson.dumps(target).decode()),
        )
    await a_dead_letter(database, orjson.dumps({"clientId": client_id}))
    await a_dead_letter(database, headers=orjson.dumps({"x": client_id}).decode())

    exported = [part async for part in exporting.export(database, client_id, BY)]
    await erasing.erase(database, client_id, BY)

    actions = [row["target"] for name, rows in exported if name == "operatorActions" for row in rows]
    assert actions == targets(client_id)
    left = await database.fetch("SELECT target FROM operator_actions")
    assert len(left) == 5
    assert not any(client_id in strings(orjson.loads(row["target"])) for row in left)
    assert not await database.fetch("SELECT FROM dead_letters")


def strings(value: Any) -> set[str]:
    """The strings and keys in a JSON value."""
    match value:
        case str():
            return {value}
        case dict():
            return {*value, *(text for each in value.values() for text in strings(each))}
        case list():
            return {text for each in value for text in strings(each)}
        case _:
            return set()


FREE_TEXTS = {
    "appointment_acts": "message",  # of one's own appointments
    "appointments": "reason",  # the same
    "dead_letters": "reason",  # a closed set
    "delay_choice": "reason",  # a process's
    "delay_votes": "reason",  # the same
    "failure_notes": "note",
    "jobs": "reason",
    "operator_actions": "reason",
    "parked_release": "reason",
    "queue_pauses": "reason",
    "shard_pauses": "reason",
    "suppressions": "reason",
}
"""The columns in which people say why. A new one needs a statement in erasing.sql, and a row in `said`."""


async def test_every_column_for_words_is_known(database: Database) -> None:
    rows = await database.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' AND table_schema = 'public'"
        " AND column_name IN ('reason', 'note', 'message', 'remark', 'comment', 'description')"
    )
    assert {row["table_name"]: row["column_name"] for row in rows} == FREE_TEXTS


@pytest.mark.parametrize("named", [NAME, "zq-known@patients.example", "+49 30 7654321", 'pat"Zq\\72250'])
async def test_the_words_of_operators_about_anything_name_nobody(database: Database, named: str) -> None:
    await database.execute(
        "INSERT INTO clients (id, name, email, phone) VALUES ($1, $2, 'zq-known@patients.example', '+49 30 7654321')",
        *('pat"Zq\\72250', NAME),
    )
    await said(database, f"ask {named.upper()}, please")
    await said(database, "the printer is broken")

    await erasing.erase(database, 'pat"Zq\\72250', BY)

    rows = await dump(database)
    assert {table: lines for table, lines in rows.items() if named.lower() in "\n".join(lines).lower()} == {}
    assert len(await database.fetch("SELECT FROM suppressions WHERE reason LIKE '%printer%'")) == 1
    assert len(await database.fetch("SELECT FROM jobs WHERE reason LIKE '%printer%'")) == 1


async def said(database: Database, words: str) -> None:
    """Puts the words into each column that operators write, about others. Of a single row the first words stay."""
    other = await a_job(database, state="cancelled", reason=f"given up by an operator: {words}")
    await database.execute(
        "INSERT INTO operator_actions (id, operator, action, target, matched, changed, reason)"
        " VALUES ($1, 'o', 'discard_job', $2, 1, 1, $3)",
        *(new_id(), orjson.dumps({"jobId": str(other.job_id)}).decode(), words),
    )
    await a_suppression(database, f"{other.job_id}@patients.example", reason=words)
    for statement in (
        "INSERT INTO failure_notes (error_group, note, written_by) VALUES ('cause', $1, 'o') ON CONFLICT DO NOTHING",
        "INSERT INTO queue_pauses (queue, reason, paused_by) VALUES ('high', $1, 'o') ON CONFLICT DO NOTHING",
        "INSERT INTO shard_pauses (queue, reason, paused_by) VALUES ('high.1', $1, 'o') ON CONFLICT DO NOTHING",
        "INSERT INTO parked_release (per_second, set_by, reason) VALUES (1, 'o', $1) ON CONFLICT DO NOTHING",
    ):
        await database.execute(statement, words)
