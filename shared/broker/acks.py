"""Gathers the acks of one channel into as few frames as possible. Pure."""


class Acks:
    """A multiple ack settles every delivery up to its tag. So it is used only when no lower tag is unsettled."""

    def __init__(self) -> None:
        self._unsettled: dict[int, None] = {}  # in the order of their tags, which is the order of delivery
        self._acked: set[int] = set()

    @property
    def outstanding(self) -> bool:
        """Whether a delivery is still unsettled."""
        return bool(self._unsettled or self._acked)

    def delivered(self, tag: int) -> None:
        self._unsettled[tag] = None

    def settled(self, tag: int) -> None:
        """Notes a rejected delivery: it needs no ack."""
        self._unsettled.pop(tag, None)

    def add(self, tag: int) -> bool:
        """Notes an ack to be sent. Returns whether it is the first since `take`."""
        self._acked.add(tag)
        return len(self._acked) == 1

    def take(self) -> list[tuple[int, bool]]:
        """The acks to be sent, as pairs of tag and `multiple`."""
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
