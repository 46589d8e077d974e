"""Writes the table in docs/settings.md from the settings models: `python -m deploy.configuration`."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from api_service.settings import ApiSettings
from notifier_service.settings import NotifierSettings
from shared.process.backoff import format_duration
from shared.process.settings import CommonSettings, ListOfSeconds, Pause, Seconds

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "settings.md"
_BEGIN: Final = "<!-- settings: written by python -m deploy.configuration -->\n"
_END: Final = "<!-- end of settings -->"


def table() -> str:
    """Every setting of both services, in Markdown."""
    parts = {"Both services": CommonSettings, "api_service": ApiSettings, "notifier_service": NotifierSettings}
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for title, model in parts.items():
        lines.append(f"| **{title}** | | |")
        lines += _rows(model)
    return "\n".join(lines) + "\n"


def written_into(text: str) -> str:
    """The document `text`, with its table replaced by the current one."""
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + table() + _END + rest.partition(_END)[2]


def _rows(model: type[CommonSettings]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if model is CommonSettings or name not in CommonSettings.model_fields:
            yield f"| `{name.upper()}` | {_default(model, name, field)} | {field.description} |"


def _default(model: type[CommonSettings], name: str, field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default in (None, (), {}):
        return "–"
    kind = next((each.__annotations__[name] for each in model.__mro__ if name in inspect.get_annotations(each)), None)
    if kind in (Seconds, Pause):
        return f"`{format_duration(field.default)}`"
    if kind is ListOfSeconds:
        return f"`{','.join(map(format_duration, field.default))}`"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    DOCUMENT.write_text(written_into(DOCUMENT.read_text("utf-8")), "utf-8")
