"""Reads settings from the environment, and reports every wrong or missing one in a single message."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import ConfigurationError

_PLAIN: Final = {
    "missing": "is missing",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "string_unicode": "must be UTF-8 text",
    "too_short": "must have at least {min_length} characters",
}
"""Clearer texts than pydantic's, by its kind of error; its other texts are clear enough."""
_SHOULD: Final = re.compile(r"^\w+ should(?= )")


class SettingFault(NamedTuple):
    """A fault, and the fields that it concerns."""

    fields: tuple[str, ...]
    message: str


class Environment(BaseSettings):
    """Settings read from environment variables and `.env`.

    An empty variable counts as unset, since an orchestrator may pass one for a setting that nobody has made (compose's
    `${VAR:-}`).
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_nested_delimiter="__", env_ignore_empty=True, extra="ignore", frozen=True
    )

    def faults(self) -> Iterator[SettingFault]:
        """The faults that no single value shows: rules between settings, URLs and files that must be usable. `load`
        calls it."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            if isinstance(text, str) and not _is_unicode(text):
                yield SettingFault((name,), _PLAIN["string_unicode"])


SettingsT = TypeVar("SettingsT", bound=Environment)


def load(kind: type[SettingsT]) -> SettingsT:
    """The settings of a program from the environment.

    Raises ConfigurationError with every fault, each with its variables. Values are not shown, since they may be
    secrets.
    """
    wrong: dict[str, str] = {}
    try:
        settings = kind()
    except ValidationError as error:
        wrong = dict(_by_field(kind, error))
        settings = _with_stand_ins(kind, wrong)
    except OSError as error:
        raise ConfigurationError(f".env cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(".env cannot be read: it is no UTF-8 text") from None
    lines = [f"{variable(kind, name)}: {message}" for name, message in sorted(wrong.items())]
    told = set(wrong)
    for fault in settings.faults():
        if told.isdisjoint(fault.fields):
            told.update(fault.fields)
            lines.append(f"{', '.join(variable(kind, name) for name in fault.fields)}: {fault.message}")
    if lines:
        raise ConfigurationError(_one_message(lines))
    return settings


def variable(kind: type[Environment], field: str) -> str:
    """The environment variable of a field."""
    alias = kind.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return field.upper()


def plain(fault: ErrorDetails) -> str:
    """The fault in words for the person who set the value; without the value itself."""
    ours = _PLAIN.get(fault["type"])
    if ours is not None:
        return ours.format_map(fault.get("ctx", {}))
    return _SHOULD.sub("must", fault["msg"].removeprefix("Value error, "))


def _is_unicode(text: str) -> bool:
    """Finds bytes of the environment that are not UTF-8: they arrive as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _by_field(kind: type[Environment], error: ValidationError) -> Iterator[tuple[str, str]]:
    fields = {variable(kind, name).lower(): name for name in kind.model_fields}
    for fault in reversed(error.errors(include_input=False, include_url=False)):  # the first fault of a field counts
        name = fields[str(fault["loc"][0]).lower()]
        yield name, plain(fault)


def _with_stand_ins(kind: type[SettingsT], wrong: dict[str, str]) -> SettingsT:
    """The settings with a harmless value in place of each wrong one, so that all other values are checked too."""
    values = {name: _stand_in(kind.model_fields[name]) for name in wrong}
    # an argument goes by its alias if it has one
    return kind(
        **{variable(kind, name) if kind.model_fields[name].alias else name: each for name, each in values.items()}
    )


def _stand_in(field: FieldInfo) -> Any:
    """The default of a field; for a required one its first example, which has the required form."""
    return (field.examples or [None])[0] if field.is_required() else field.default


def _one_message(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    return f"{len(lines)} settings are wrong or missing:\n" + "\n".join(f"  {line}" for line in lines)
