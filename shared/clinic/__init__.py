"""The clinic's own details and look (`CLINIC_FILE`): the sender, the place, the things that patients bring."""

from shared.clinic.model import Clinic
from shared.clinic.reading import read

__all__ = ["Clinic", "read"]
