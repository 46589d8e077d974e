"""The JSON of queues, suppressions and the record of actions: its types, and how each is made."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api_service.ops.core.actions import Action
from api_service.ops.core.queues import QueueStanding, ShardStanding
from api_service.ops.core.suppressions import Suppression
from api_service.web.value_types import Id, Instant
from shared.jobs.model import Priority


class ShardJson(TypedDict):
    """One of several queues of a priority. `inUse`: messages are published to it; if not, it belongs to another number
    of shards, and is emptied. `state`: whether it is paused by itself."""

    name: Annotated[str, Field(examples=["notifications.high.1"])]
    state: Literal["running", "paused"]
    consumers: Annotated[int, Field(examples=[2])]
    depth: Annotated[int | None, Field(examples=[0])]
    inUse: bool


class QueueJson(TypedDict):
    """`state`: whether an operator has paused it; `consumers`: notifiers that take messages from it;
    `depth`: messages that wait in the broker, null if unknown; `oldestDueAgeSeconds`: seconds since the job that
    has waited longest was due; `shards`: the queues of the priority where there are several."""

    name: Annotated[str, Field(examples=["notifications.high"])]
    priority: Priority
    state: Literal["running", "paused"]
    reason: str | None
    since: Instant | None
    by: str | None
    consumers: Annotated[int, Field(examples=[2])]
    depth: Annotated[int | None, Field(examples=[0])]
    oldestDueAgeSeconds: float
    shards: list[ShardJson]


class SuppressionJson(TypedDict):
    """An address that mail does not reach."""

    address: Annotated[str, Field(examples=["client-1@patients.example"])]
    reason: Annotated[str, Field(examples=["550 no such mailbox"])]
    by: Annotated[str, Field(examples=["operator"])]
    since: Instant


class ActionJson(TypedDict):
    """An operator's action, and its target or the filter of its targets: `matched` things, `changed` of them."""

    id: Id
    at: Instant
    operator: str
    action: Annotated[str, Field(description="More may come.", examples=["requeue"])]
    target: Annotated[dict[str, Any], Field(examples=[{"jobId": "01a20b61-8d9e-762d-a1a5-40892a7d2830"}])]
    matched: Annotated[int, Field(examples=[1])]
    changed: Annotated[int, Field(examples=[1])]
    reason: str | None


def queue_json(standing: QueueStanding) -> QueueJson:
    pause = standing.pause
    return {
        "name": standing.name,
        "priority": standing.priority,
        "state": "running" if pause is None else "paused",
        "reason": None if pause is None else pause.reason,
        "since": None if pause is None else pause.since,
        "by": None if pause is None else pause.by,
        "consumers": standing.consumers,
        "depth": standing.depth,
        "oldestDueAgeSeconds": standing.oldest_due_age,
        "shards": [_shard_json(each) for each in standing.shards],
    }


def _shard_json(shard: ShardStanding) -> ShardJson:
    return {
        "name": shard.queue.name,
        "state": "running" if shard.pause is None else "paused",
        "consumers": shard.consumers,
        "depth": shard.depth,
        "inUse": shard.in_use,
    }


def suppression_json(suppression: Suppression) -> SuppressionJson:
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "by": suppression.by,
        "since": suppression.since,
    }


def action_json(action: Action) -> ActionJson:
    return {
        "id": action.id,
        "at": action.at,
        "operator": action.operator,
        "action": action.action,
        "target": action.target,
        "matched": action.matched,
        "changed": action.changed,
        "reason": action.reason,
    }
