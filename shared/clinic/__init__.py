"""The clinic's own look and words (`CLINIC_FILE`): who writes, where it is, what patients bring."""

from shared.clinic.model import Clinic
from shared.clinic.reading import read

__all__ = ["Clinic", "read"]
