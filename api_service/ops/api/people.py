"""The calls about the data of a person: export everything, erase."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, Identity, require
from api_service.ops.core import erasing, exporting
from api_service.ops.core.actions import By
from api_service.ops.core.erasing import Erasure
from api_service.profile.views import LONGEST_ID
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, json_answer, json_bytes, json_response, text_in_path
from api_service.web.problems import not_found
from api_service.web.value_types import Instant

routes: Final = web.RouteTableDef()
_ONE: Final = "/api/ops/clients/{id}"
Rows = list[dict[str, Any]]
"""Rows of one table; docs/personal-data.md names the columns."""


class ExportJson(TypedDict):
    """Everything about a person, by table."""

    client: dict[str, Any]
    appointments: Rows
    acts: Annotated[Rows, Field(description="What was done to the appointments; `via` is link where a link was used.")]
    offers: Annotated[Rows, Field(description="Other times that were offered, and the answers.")]
    doctorNotices: Annotated[Rows, Field(description="Changes of which a doctor was told on the day itself.")]
    imported: Annotated[Rows, Field(description="The ids that appointments had in an older system.")]
    notifications: Rows
    jobs: Rows
    attempts: Annotated[Rows, Field(description="With the mail servers' own words.")]
    deliveryReports: Rows
    suppressions: Rows
    idempotencyAnswers: Rows
    streamSessions: Rows
    operatorActions: Annotated[Rows, Field(description="Those that name the person, or a job of theirs.")]


class ExportWriter:
    """Writes an export piece by piece: the whole of it, as values, would fill memory, and keep others waiting while it
    is turned into JSON."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._part = ""

    @property
    def is_empty(self) -> bool:
        return not self._pieces

    def add(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds rows to a part, whose rows follow each other. The first part is the client alone."""
        if self.is_empty:
            self._pieces += [b'{"client":', json_bytes(rows[0])]
            return
        if name != self._part:
            self._pieces.append((b"]," if self._part else b",") + json_bytes(name) + b":[")
        elif rows:
            self._pieces.append(b",")
        self._pieces.append(json_bytes(rows)[1:-1])
        self._part = name

    def end(self) -> bytes:
        """All of it."""
        return b"".join([*self._pieces, b"]}" if self._part else b"}"])


class ErasureJson(TypedDict):
    """`erasedAs` is the id under which the person's rows are counted. It says nothing about the person."""

    erasedAs: Annotated[str, Field(examples=["erased-01a20b61-8d9e-762d-a1a5-40892a7d2830"])]
    erasedAt: Instant
    counts: Annotated[dict[str, int], Field(examples=[{"appointments": 3, "jobs": 7, "cancelledJobs": 2}])]


@routes.get(_ONE + "/export")
@require(OPS)
@operation("Export everything about a client", not_found("client"))
async def export_client(request: web.Request, identity: Identity) -> JsonResponse[ExportJson]:
    """For the person: it has the reasons of their appointments, too. The record of actions keeps who has read it."""
    client_id = text_in_path(request, "client", LONGEST_ID)
    written = ExportWriter()
    async for name, rows in exporting.export(request.app[DATABASE], client_id, By(identity.subject)):
        written.add(name, rows)
    if written.is_empty:
        raise not_found("client")
    return json_answer(written.end())


@routes.delete(_ONE)
@require(OPS)
@operation("Erase a client", not_found("client"))
async def erase_client(request: web.Request, identity: Identity) -> JsonResponse[ErasureJson]:
    """Nothing personal stays. Future appointments and waiting jobs are cancelled, without a mail. Again is the same
    answer. A token of the person books nothing more, until the clinic writes the client again."""
    client_id = text_in_path(request, "client", LONGEST_ID)
    erasure = await erasing.erase(request.app[DATABASE], client_id, By(identity.subject))
    if erasure is None:
        raise not_found("client")
    return json_response(_json(erasure))


def _json(erasure: Erasure) -> ErasureJson:
    return {"erasedAs": erasure.erased_as, "erasedAt": erasure.erased_at, "counts": dict(erasure.counts)}
