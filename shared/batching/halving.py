"""Finds the one of a batch that is at fault: it is halved until the culprit is alone, and its neighbours go on."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from shared.errors import Contention, Unavailable

T = TypeVar("T")
R = TypeVar("R")


async def in_halves(
    items: Sequence[T], work: Callable[[Sequence[T]], Awaitable[R]]
) -> AsyncGenerator[tuple[Sequence[T], R | Exception], None]:
    """Each part of `items` with what `work` answered for it, in their order; a part of one item with what was raised.

    `work` does all of a part or, when it raises, nothing of it. A batch of n with one culprit costs at most
    2 log2(n) + 1 calls. Raises Unavailable and Contention as they come, which speak of no item: parts that were
    answered by then are done, and the others are not. Close it (`aclosing`) where you leave it early.
    """
    waiting = [items] if items else []
    while waiting:
        part = waiting.pop()
        try:
            answer = await work(part)
        except (Unavailable, Contention):
            raise
        except Exception as error:  # noqa: BLE001 - handed to the caller with the item that it is about
            if len(part) == 1:
                yield part, error
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
        else:
            yield part, answer
