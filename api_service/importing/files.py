"""Writes a file of personal data whole or not at all, for its owner alone."""

import os
import tempfile
from pathlib import Path

from api_service.importing.faults import UnreadableFile


def write(path: Path, text: str) -> None:
    """Replaces the file. Mode 0600; on the disk when this returns. Raises UnreadableFile."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)
