"""Finds the single item that makes a batch fail: halves the batch until that item is alone. All other items succeed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from shared.errors import Contention, Unavailable

T = TypeVar("T")
R = TypeVar("R")


async def in_halves(
    items: Sequence[T], work: Callable[[Sequence[T]], Awaitable[R]]
) -> AsyncGenerator[tuple[Sequence[T], R | Exception], None]:
    """Yields each part of `items` with the answer of `work`, in their order; a part of one item with the error instead.

    `work` does all of a part or, when it raises, nothing of it. A batch of n items with one bad item costs at most 2
    log2(n) + 1 calls.

    Raises Unavailable and Contention at once, since they concern no single item. The parts that were yielded before are
    done, all others are not. A caller who leaves the loop early must close the generator (`aclosing`).
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
