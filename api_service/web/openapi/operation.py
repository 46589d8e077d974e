"""Describes a route for the OpenAPI document, as far as its code does not. A request pays nothing for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from api_service.web.payloads import Payload, Query
from api_service.web.problems import Problem

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
_ATTRIBUTE: Final = "operation"


@dataclass(frozen=True, slots=True)
class Operation:
    """The description of an operation.

    `takes`: the body that the handler reads by body_of (or optional_body_of, if it is `optional`). `query`: the model
    that it reads by query_of. A test compares both with the handler. The answer is the handler's return type,
    JsonResponse[…]; or `media` for an answer that is not JSON; or empty. `refuses_as`: the media type of its `statuses`
    from 400 on. `cookie`: a cookie opens it, too, in place of a token. `reads` and `sends`: header fields of request
    and answer, with their meaning. `problems`: examples of this route's problems, beside those of every route (401,
    403, 429, 503), every body (400, 413, 415, 422) and every query (422).
    """

    summary: str
    takes: type[Payload] | None = None
    optional: bool = False
    query: type[Query] | None = None
    statuses: tuple[int, ...] = (200,)
    media: str | None = None
    refuses_as: str | None = None
    cookie: str | None = None
    reads: Mapping[str, str] = field(default_factory=dict)
    sends: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


def operation(
    summary: str,
    *problems: Problem,
    takes: type[Payload] | None = None,
    optional: bool = False,
    query: type[Query] | None = None,
    status: int | tuple[int, ...] = 200,
    media: str | None = None,
    refuses_as: str | None = None,
    cookie: str | None = None,
    reads: Mapping[str, str] | None = None,
    sends: Mapping[str, str] | None = None,
) -> Callable[[HandlerT], HandlerT]:
    """Documents a handler; it stays the function that it was. Its docstring becomes the description."""
    statuses = status if isinstance(status, tuple) else (status,)
    described = Operation(
        summary, takes, optional, query, statuses, media, refuses_as, cookie, reads or {}, sends or {}, problems
    )

    def decorate(handler: HandlerT) -> HandlerT:
        setattr(handler, _ATTRIBUTE, described)
        return handler

    return decorate


def operation_of(handler: Callable[..., Any]) -> Operation | None:
    """The description of a handler; also of a guarded one, since wraps() copies attributes."""
    found = vars(handler).get(_ATTRIBUTE)
    return found if isinstance(found, Operation) else None
