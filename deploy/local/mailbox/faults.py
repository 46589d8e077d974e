"""The faults that the mailbox shows on request."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Stage(StrEnum):
    """The point in a session at which a fault strikes."""

    CONNECT = "connect"
    EHLO = "ehlo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end-of-data"
    AFTER_ACCEPT = "after-accept"  # the message is kept, its 250 is never sent


class Fault(BaseModel):
    """One fault. Without `count` it lasts until it is cleared."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage = Stage.END_OF_DATA
    code: int | None = Field(None, ge=400, le=599)
    delay: float = Field(0.0, ge=0, le=600, description="Seconds before the answer.")
    refuse: str | None = Field(None, description="Only this recipient; answered at RCPT.")
    drop: Stage | None = Field(None, description="The connection is cut there.")
    hang: Stage | None = Field(None, description="No answer there, ever.")
    down: bool = Field(False, description="Nothing listens, and open connections are cut.")
    count: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.refuse is not None:
            self.stage = Stage.RCPT
            self.code = self.code or 550
        self.stage = self.drop or self.hang or self.stage
        if not (self.code or self.delay or self.drop or self.hang or self.down):
            raise ValueError("a fault needs one of code, delay, refuse, drop, hang or down")
        return self


class Faults:
    """The active faults, oldest first."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def clear(self) -> None:
        self._active.clear()

    def strike(self, stage: Stage, recipient: str | None = None) -> Fault | None:
        """The fault for this point, counted down; None when there is none."""
        for fault in self._active:
            if fault.down or fault.stage is not stage or fault.refuse not in (None, recipient):
                continue
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    self._active.remove(fault)
            return fault
        return None

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._active)

    def to_json(self) -> list[dict[str, Any]]:
        return [fault.model_dump(exclude_defaults=True) for fault in self._active]
