"""PostgreSQL: a pool that follows the primary, and the meaning of its errors. The front door of the room."""

from shared.database.errors import Duplicate, Occupied, translated
from shared.database.notify import listening
from shared.database.pool import Database, Executor, Session

__all__ = ["Database", "Duplicate", "Executor", "Occupied", "Session", "listening", "translated"]
