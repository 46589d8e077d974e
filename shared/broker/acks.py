"""Gathers the acks of one channel into the fewest frames that say them. Pure."""


class Acks:
    """A multiple ack settles everything up to its tag, so it is said only where nothing below is unsettled."""

    def __init__(self) -> None:
        self._unsettled: dict[int, None] = {}  # in the order of their tags, which is that of their delivery
        self._acked: set[int] = set()

    @property
    def outstanding(self) -> bool:
        """Whether anything is still to be settled."""
        return bool(self._unsettled or self._acked)

    def delivered(self, tag: int) -> None:
        self._unsettled[tag] = None

    def settled(self, tag: int) -> None:
        """It was rejected, which needs no ack."""
        self._unsettled.pop(tag, None)

    def add(self, tag: int) -> bool:
        """Notes an ack to be said; whether it is the first since `take`."""
        self._acked.add(tag)
        return len(self._acked) == 1

    def take(self) -> list[tuple[int, bool]]:
        """The acks to be said, as tag and multiple."""
        oldest: list[int] = []
        for tag in self._unsettled:
            if tag not in self._acked:
                break
            oldest.append(tag)
        others = sorted(self._acked.difference(oldest))
        for tag in (*oldest, *others):
            self._unsettled.pop(tag, None)
        self._acked.clear()
        up_to = [(oldest[-1], len(oldest) > 1)] if oldest else []
        return up_to + [(tag, False) for tag in others]
