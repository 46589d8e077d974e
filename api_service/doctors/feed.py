"""The calendar feed of a doctor, for whoever has its secret key (sql/feed.sql)."""

from hmac import compare_digest
from typing import Final

from aiohttp import web
from pydantic import Field

from api_service.doctors import store
from api_service.doctors.feed_key import hash_of
from api_service.doctors.store import LONGEST_ID
from api_service.web.conditional import condition_in, entity_tag, malformed
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.openapi.operation import operation
from api_service.web.payloads import Query, query_of, text_in_path
from api_service.web.problems import not_found
from shared.calendar import FeedEvent, feed
from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements

routes: Final = web.RouteTableDef()
MOST: Final = 5_000
"""Appointments in a feed: those from 30 days ago on, the earliest first."""
_SQL: Final = statements("api_service.doctors.sql", "feed.sql")


class FeedQuery(Query):
    """The secret key. Without the right one there is no such feed."""

    key: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,200}$")


@routes.get("/api/doctors/{id}/calendar.ics")
@operation(
    "Subscribe to a doctor's appointments",
    not_found("feed"),
    malformed("If-None-Match"),
    query=FeedQuery,
    media="text/calendar",
    reads={"If-None-Match": "The ETag of a feed that the caller has kept; the same one answers 304."},
    sends={"ETag": "Of the whole feed."},
)
async def doctors_feed(request: web.Request) -> web.Response:
    """The booked appointments with the clients' names, without reasons. Operators make and revoke the key."""
    doctor_id, key = text_in_path(request, "feed", LONGEST_ID), query_of(request, FeedQuery).key
    database = request.app[DATABASE]
    if not await _is_key(database, doctor_id, key):
        raise not_found("feed")
    doctor = await store.get(database, doctor_id)
    if doctor is None:
        raise not_found("feed")
    rows = await database.fetch(_SQL["appointments"], doctor_id, MOST)
    events = [mapped(FeedEvent, row) for row in rows]
    content = feed(doctor.name, doctor.location, events, request.app[LANGUAGES].of(""))
    tag = entity_tag(len(rows), content)
    known = condition_in(request, "If-None-Match")
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if known is not None and known.name(tag):
        return web.Response(status=304, headers=headers)
    return web.Response(body=content, content_type="text/calendar", charset="utf-8", headers=headers)


async def _is_key(executor: Executor, doctor_id: str, key: str) -> bool:
    """Compared in constant time, also where there is no key."""
    row = await executor.fetchrow(_SQL["key"], doctor_id)
    kept = b"" if row is None else row["key_hash"]
    return compare_digest(hash_of(key), kept)
