"""Commits the outcomes of attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs.model import State, Ticket
from shared.jobs.store.rows import columns

_SQL: Final = statements("shared.jobs.sql", "finishing.sql")


class Outcome(StrEnum):
    """The outcome of an attempt."""

    SUCCEEDED = "succeeded"
    RETRYING = "retrying"  # try again after `delay`
    FAILED = "failed"  # left to a person
    SKIPPED = "skipped"  # no mail may go; the row says why
    PARKED = "parked"  # the mail server is away: the job waits for `delay`, and no retry is used up


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an attempt. `delay` in seconds; `reply_code` is SMTP's. `away`: the job waits for a mail server that
    is away or refuses us. `bound_to`: the mail server that may have the mail already."""

    job_id: UUID
    attempt: int
    outcome: Outcome
    delay: float | None = None
    reply_code: int | None = None
    error: str | None = None
    reason: str | None = None
    away: bool = False
    bound_to: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A row after the end of its attempt was committed. `ticket`: that of the next attempt; None after success, which
    none follows."""

    ticket: Ticket | None
    state: State


async def finish(executor: Executor, ends: Sequence[Finish], *, owner: str) -> dict[UUID, Finished]:
    """Commits and records the outcomes of attempts, by job id. A job that is missing in the answer had lost its
    lease."""
    rows = await executor.fetch(
        _SQL["finish"],
        *columns(
            [
                (e.job_id, e.attempt, e.outcome, e.delay, e.reply_code, e.error, e.reason, e.away, e.bound_to)
                for e in ends
            ],
            9,
        ),
        owner,
    )
    return {row["id"]: _SUCCEEDED if row["state"] == State.SUCCEEDED else _finished(row) for row in rows}


_SUCCEEDED: Final = Finished(None, State.SUCCEEDED)


def _finished(row: Row) -> Finished:
    return Finished(Ticket.from_row(row), State(row["state"]))
