"""PostgreSQL: a pool that follows the primary, and what its errors mean. The front door."""

from shared.database.errors import Duplicate, Occupied, translated
from shared.database.notify import listening
from shared.database.pool import Database, Executor, Session

__all__ = ["Database", "Duplicate", "Executor", "Occupied", "Session", "listening", "translated"]
