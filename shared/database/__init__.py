"""PostgreSQL: a pool that follows the primary, and the meaning of its errors. The front door of the room."""

from shared.database.errors import DanglingReference, Duplicate, Occupied, translated
from shared.database.notify import listening
from shared.database.pool import Database, Executor, Session

__all__ = ["DanglingReference", "Database", "Duplicate", "Executor", "Occupied", "Session", "listening", "translated"]
