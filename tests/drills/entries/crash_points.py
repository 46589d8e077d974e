"""Services that kill themselves at every point that matters, in turn: each start takes the next point of its list, and
dies there after a few passes. What was reached is written to the file CRASH_LOG."""

import functools
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Final

API: Final = ("before the commit", "after the commit", "between publish and mark")
NOTIFIER: Final = ("after the claim", "after the 250", "after the outcome's commit", "before the ack")
_PASSES: Final = (10, 40)


class Point:
    """Where this process dies: at a certain pass of one point."""

    def __init__(self, points: tuple[str, ...]) -> None:
        self._log = Path(os.environ["CRASH_LOG"])
        reached = self._log.read_text("utf-8").splitlines() if self._log.exists() else []
        chance = Random(f"{self._log}/{len(reached)}")
        self._name = points[sum(line in points for line in reached) % len(points)]
        self._left = chance.randint(*_PASSES)

    def passed(self, name: str) -> None:
        """The process is at a point; the last one it sees."""
        if name == self._name:
            self._left -= 1
        if name == self._name and self._left == 0:
            with self._log.open("a") as log:
                log.write(f"{name}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, name: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(work)
        async def wrapped(*arguments: Any, **options: Any) -> Any:
            self.passed(name)
            return await work(*arguments, **options)

        return wrapped

    def after(self, name: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(work)
        async def wrapped(*arguments: Any, **options: Any) -> Any:
            result = await work(*arguments, **options)
            self.passed(name)
            return result

        return wrapped


def api() -> int:
    from api_service import cli
    from api_service.appointments import store
    from shared.broker import Publisher

    point = Point(API)
    store.book = point.before(API[0], point.after(API[1], store.book))  # type: ignore[assignment]
    Publisher.publish_all = point.after(API[2], Publisher.publish_all)  # type: ignore[method-assign,assignment]
    return cli.main(["serve"])


def notifier() -> int:
    from notifier_service import cli
    from notifier_service.channels.email.smtp.mailer import Mailer
    from shared.broker import Subscription
    from shared.jobs import store as job_store

    point = Point(NOTIFIER)
    job_store.claim = point.after(NOTIFIER[0], job_store.claim)  # type: ignore[assignment]
    Mailer.hand_over = point.after(NOTIFIER[1], Mailer.hand_over)  # type: ignore[method-assign,assignment]
    job_store.finish = point.after(NOTIFIER[2], job_store.finish)  # type: ignore[assignment]
    Subscription.ack = point.before(NOTIFIER[3], Subscription.ack)  # type: ignore[method-assign,assignment]
    return cli.main(["serve"])
