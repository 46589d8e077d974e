"""Loads the built-in texts, and a clinic's own ones over them, once at start."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError

from shared.errors import ConfigurationError
from shared.wording.checking import Variables, checked
from shared.wording.languages import Languages, ranges
from shared.wording.source import Entry, WordingFault, entries
from shared.wording.text import Text, compiled

BUILT_IN: Final = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "tr", "ar")
REFERENCE: Final = "en"
"""The language whose keys and variables every other one has, too."""
Source = Mapping[str, Entry]


def load(directory: str | None = None, offered: Sequence[str] = ()) -> Languages:
    """The built-in languages with a clinic's own texts over them. `directory`: its files, one a language, such as
    de.ftl or de-CH.ftl. `offered`: the tags that clients may get, the first for everybody else; none: all, and English
    for everybody else.

    Raises ConfigurationError with every fault, each with its file and line.
    """
    sources = {tag: _built_in(tag) for tag in BUILT_IN}
    faults: list[WordingFault] = []
    new = {path.stem for path in _paths(directory) if _added(path, sources, faults)}
    texts = {tag: _texts(tag, source, faults, is_new=tag in new) for tag, source in sources.items()}
    lines = [str(fault) for fault in dict.fromkeys(faults)]
    lines += [f"there are no texts in {tag!r}: a file {tag}.ftl is missing" for tag in offered if tag not in texts]
    if lines:
        raise ConfigurationError("\n".join(lines))
    return Languages({tag: texts[tag] for tag in offered or texts}, offered[0] if offered else REFERENCE)


def _texts(tag: str, source: Source, faults: list[WordingFault], *, is_new: bool) -> Mapping[str, Text]:
    """Compiled. Those of ours, which a start reads more than once, are kept."""
    if tag in BUILT_IN and source is _built_in(tag):
        texts, wrong = _built_in_texts(tag)
        faults += wrong
        return texts
    return checked(tag, source, _expected(), faults, is_new=is_new)


@cache
def _built_in_texts(tag: str) -> tuple[Mapping[str, Text], Sequence[WordingFault]]:
    faults: list[WordingFault] = []
    return checked(tag, _built_in(tag), _expected(), faults), faults


@cache
def builtin() -> Languages:
    """The built-in languages, without any clinic's own texts."""
    return load()


@cache
def _expected() -> Variables:
    source = _built_in(REFERENCE)
    locale = Locale.parse(REFERENCE)
    return {key: compiled(entry, source, locale, "ltr").variables for key, entry in source.items()}


@cache
def _built_in(tag: str) -> Source:
    name = f"{tag}.ftl"
    found, faults = entries((files("shared.wording.texts") / name).read_text("utf-8"), name)
    if faults:
        raise ConfigurationError("\n".join(map(str, faults)))
    return found


def _paths(directory: str | None) -> Sequence[Path]:
    """The files of a clinic, those of a language before those of its regions. Raises ConfigurationError."""
    if directory is None:
        return ()
    try:
        found = sorted(
            (path for path in Path(directory).iterdir() if path.suffix == ".ftl"), key=lambda path: path.stem
        )
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except ValueError:  # a path with a null character
        raise ConfigurationError("cannot be read: that is no path") from None
    if not found:
        raise ConfigurationError("has no file of texts, such as de.ftl")
    return found


def _added(path: Path, sources: dict[str, Source], faults: list[WordingFault]) -> bool:
    """Puts a clinic's own texts over those of their language, or of the language that their region belongs to. True
    where there are none to put them over: a language is added."""
    tag = path.stem
    try:
        Locale.parse(tag, sep="-")
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        faults.append(WordingFault(str(path), 1, "is no UTF-8 text"))
        return False
    except OSError as error:
        faults.append(WordingFault(str(path), 1, f"cannot be read: {(error.strerror or 'unknown').lower()}"))
        return False
    except (UnknownLocaleError, ValueError):
        faults.append(WordingFault(str(path), 1, f"{tag!r} is no language tag that CLDR knows, such as de or pt-BR"))
        return False
    own, wrong = entries(text, str(path))
    faults += wrong
    parent = next((shorter for shorter in ranges(tag.split("-")) if shorter in sources), None)
    sources[tag] = {**sources[parent], **own} if parent is not None else own
    return parent is None
