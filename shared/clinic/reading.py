"""Reads CLINIC_FILE, and names the line of each fault."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.clinic.model import Clinic
from shared.errors import ConfigurationError

_TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?")
_KEY: Final = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_IN_PLAIN_WORDS: Final = {
    "extra_forbidden": "there is no such setting",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be text, or a table with one text a language",
    "model_type": "must be a table",
    "too_short": "must have at least one entry",
}
_UNION: Final = frozenset(
    {"function-after[_prose(), str]", "dict[function-after[_language(), str],function-after[_prose(), str]]"}
)


def read(path: str | None) -> Clinic:
    """The clinic described in a TOML file; an empty one for None.

    Raises ConfigurationError with every fault, each with file and line, or with the reason why the file cannot be read.
    """
    return Clinic() if path is None else _read(path)


def _read(path: str) -> Clinic:
    try:
        text = Path(path).read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError("is no UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except ValueError:  # a path with a null character
        raise ConfigurationError("cannot be read: that is no path") from None
    try:
        return Clinic.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_syntax(path, text, str(error))) from None
    except ValidationError as error:
        faults = dict.fromkeys(
            _fault(path, text, each) for each in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError("\n".join(faults)) from None


def _syntax(path: str, text: str, message: str) -> str:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    if found is None:
        return f"{path}:1: {message}"
    return f"{path}:{found[2] or text.count(chr(10)) + 1}: {found[1].lower()}"


def _fault(path: str, text: str, error: ErrorDetails) -> str:
    keys = [str(each) for each in error["loc"] if not isinstance(each, int) and str(each) not in _UNION]
    keys = [each for each in keys if each != "[key]"]
    message = _IN_PLAIN_WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{path}:{_line_of(keys, text)}: {'.'.join(keys)}: {message}"


def _line_of(keys: Sequence[str], text: str) -> int:
    """The line of a key; for a key inside a value, the line where the value begins."""
    places = {place: line for line, place in reversed(list(_places(text)))}
    for length in range(len(keys), 0, -1):
        if tuple(keys[:length]) in places:
            return places[tuple(keys[:length])]
    return 1


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line that begins with a key or a table's head, with the path of keys to it."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        head, key = _TABLE.fullmatch(line), _KEY.match(line)
        if head is not None:
            table = _parts(head[1])
            yield number, table
        elif key is not None:
            yield number, table + _parts(key[1])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))
