"""The HTTP side for programs: messages and faults as JSON."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import ValidationError

from deploy.local.mailbox.faults import Fault
from deploy.local.mailbox.pages import MAILBOX, found
from deploy.local.mailbox.store import MessageStore

routes: Final = web.RouteTableDef()


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def _matching(store: MessageStore, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for message in store.newest_first():
        if "to" in query and query["to"] not in message.recipients:
            continue
        shown = message.to_json()
        if query.get("subject", "") not in shown["subject"]:
            continue
        if query.get("messageId", shown["headers"].get("Message-ID")) == shown["headers"].get("Message-ID"):
            yield shown


@routes.get("/api/messages")
async def list_messages(request: web.Request) -> web.Response:
    """Newest first; `to`, `subject` (contains), `messageId` and `limit` narrow it."""
    limit = request.query.get("limit", "")
    matching = _matching(request.app[MAILBOX].messages, request.query)
    return _json(list(islice(matching, int(limit) if limit.isdigit() else None)))


@routes.get("/api/messages/{id}")
async def one_message(request: web.Request) -> web.Response:
    return _json(found(request).to_json())


@routes.get("/api/messages/{id}/raw")
async def raw_message(request: web.Request) -> web.Response:
    return web.Response(body=found(request).raw, content_type="text/plain")


@routes.delete("/api/messages")
async def forget_messages(request: web.Request) -> web.Response:
    request.app[MAILBOX].messages.clear()
    return web.Response(status=204)


@routes.get("/api/stats")
async def stats(request: web.Request) -> web.Response:
    mailbox = request.app[MAILBOX]
    return _json(
        {
            "accepted": mailbox.messages.accepted,
            "kept": len(mailbox.messages),
            "refused": mailbox.handler.refused,
            "connections": len(mailbox.connections),
        }
    )


@routes.get("/api/faults")
async def list_faults(request: web.Request) -> web.Response:
    return _json(request.app[MAILBOX].faults.to_json())


@routes.post("/api/faults")
async def add_fault(request: web.Request) -> web.Response:
    try:
        fault = Fault.model_validate_json(await request.read())
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()]
        return _json({"errors": faults}, status=422)
    request.app[MAILBOX].fail(fault)
    return _json(fault.model_dump(exclude_defaults=True), status=201)


@routes.delete("/api/faults")
async def clear_faults(request: web.Request) -> web.Response:
    await request.app[MAILBOX].recover()
    return web.Response(status=204)
