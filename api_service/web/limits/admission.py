"""Refuses callers with too many requests: a client by the token's `sub`, others by address.

The limits are per process: n instances behind a load balancer let through n times as much. Limits that must hold across
instances (mails to one address, future appointments of one client) are counted in PostgreSQL.
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

from aiohttp import web

from api_service.web import metrics
from api_service.web.limits.proxies import PROXIES
from api_service.web.limits.rate import Buckets, Rate
from api_service.web.problems import Problem

_UNLIMITED: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Paths of probes. An orchestrator would take a 429 for a failure."""


_MARK: Final = "counts_by_itself"
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


class Limits:
    def __init__(self, clients: Rate | None, addresses: Rate | None, *, burst: int) -> None:
        """Without a rate, nobody is refused."""
        self._clients = None if clients is None else Buckets(clients, burst=burst)
        self._addresses = None if addresses is None else Buckets(addresses, burst=burst)

    def client(self, subject: str) -> None:
        """Counts a request of a verified client. Raises Problem 429."""
        if self._clients is not None and (wait := self._clients.take(subject)):
            raise _too_many("client", wait)

    def address(self, request: web.Request) -> None:
        """Counts a request without a verified client, by its address. Raises Problem 429."""
        if self._addresses is None:
            return
        if wait := self._addresses.take(request.app[PROXIES].client(request)):
            raise _too_many("address", wait)

    def before(self, request: web.Request) -> None:
        """Counts a request to a handler that no token or session guards, before its answer. Raises Problem 429."""
        if self._addresses is not None and not _counts_by_itself(request) and not _is_probe(request):
            self.address(request)


def counts_by_itself(handler: HandlerT) -> HandlerT:
    """Marks a handler that checks a token or a session itself, and counts the request by it or by the address."""
    setattr(handler, _MARK, True)
    return handler


def _counts_by_itself(request: web.Request) -> bool:
    return hasattr(request.match_info.handler, _MARK)


def _is_probe(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    return resource is not None and resource.canonical in _UNLIMITED


def _too_many(who: str, wait: float) -> Problem:
    metrics.RATE_LIMITED.labels(who).inc()
    return too_many_requests(math.ceil(wait))  # RFC 9110 §10.2.3: whole seconds


def too_many_requests(seconds: int) -> Problem:
    return Problem(
        429,
        "Too many requests",
        f"There have been too many requests. Please try again in {seconds} s.",
        "urn:punctual:problem:too-many-requests",
        headers={"Retry-After": str(seconds)},
    )


LIMITS: Final = web.AppKey("limits", Limits)
