"""Reads .sql files of named statements: `-- name: claim`, its reason in comments, then the statement."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements(package: str, file: str) -> Mapping[str, str]:
    """The statements of `file` in `package`, by name. A missing name raises KeyError when it is looked up."""
    _, *parts = _NAME.split((files(package) / file).read_text("utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(parts[::2], parts[1::2], strict=True)}
