"""Where an act of the staff comes from."""

from api_service.appointments.model import Origin
from api_service.identity.bearer import Identity


def origin_of(identity: Identity, message: str | None) -> Origin:
    """The member of the staff who acts, with the words to the client; an empty message is none."""
    return Origin(identity.subject, "staff", message or None)
