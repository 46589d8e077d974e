"""The refusal of a token that still names an erased client."""

from api_service.web.problems import Problem
from shared.errors import PunctualError


class ErasedClient(PunctualError):
    """The client was erased, and the clinic has not written them again."""


def erased_client() -> Problem:
    return Problem(
        403,
        "Not allowed",
        "The data of this person was erased. Ask the clinic to be admitted again.",
        "urn:punctual:problem:erased",
    )
