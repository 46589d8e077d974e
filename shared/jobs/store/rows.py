"""Converts rows to the arrays that statements take, and results to the answers of transitions."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from shared.jobs import metrics
from shared.jobs.model import FINAL, State


def columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as the arrays that a statement unnests."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


def moved(rows: Sequence[Any]) -> list[tuple[UUID, State]]:
    count_final(rows)
    return [(row["id"], State(row["state"])) for row in rows]


def lost(rows: Sequence[Any]) -> list[tuple[UUID, State]]:
    """The same for attempts whose worker has vanished."""
    for row in rows:
        metrics.ATTEMPTS.labels(row["kind"], "lost", row["channel"]).inc()
        metrics.TROUBLE.labels(row["state"], "worker", row["channel"]).inc()
    return moved(rows)


def count_final(rows: Iterable[Any]) -> None:
    """Counts jobs that end without an attempt of ours. Claimed and finished jobs are counted by the worker."""
    for row in rows:
        if row["state"] in FINAL:
            metrics.FINISHED.labels(row["kind"], row["state"], row["channel"]).inc()
