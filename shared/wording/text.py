"""Makes a text ready to be filled: templates of the % operator, and choices by plural rules or names. Pure.

Fluent's own runtime walks the syntax tree for each text that it fills. A mail has several, so they are compiled once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from babel import Locale
from babel.numbers import format_decimal
from fluent.syntax import ast

from shared.wording.bidi import Direction, Phrase, isolated
from shared.wording.source import REFUSED, Entry

Values = Mapping[str, str | int]
Part = Callable[[Values], str]
_DEEPEST: Final = 20


Fill = Callable[[Values], Phrase]
"""Fills a text with its values, of which there may be more than it needs. Raises KeyError for one that is missing."""


class Unusable(ValueError):
    """The text uses what there is not; the message says what."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of one language. `variables`: the names of the values that it needs."""

    fill: Fill
    variables: frozenset[str]


def compiled(entry: Entry, entries: Mapping[str, Entry], locale: Locale, direction: Direction) -> Text:
    """`entries`: all of the language, for references. Raises Unusable."""
    compiler = _Compiler(entries, locale, direction)
    fill = compiler.pattern(entry.pattern, 0)
    return Text(fill, frozenset(compiler.variables))


class _Compiler:
    def __init__(self, entries: Mapping[str, Entry], locale: Locale, direction: Direction) -> None:
        self._entries = entries
        self._locale = locale
        self._direction = direction
        self.variables: set[str] = set()

    def pattern(self, pattern: ast.Pattern, depth: int) -> Fill:
        if depth > _DEEPEST:
            raise Unusable("refers to itself")
        template = ""
        fills: list[Part] = []
        for element in pattern.elements:
            part = self._part(element, depth)
            template += part.replace("%", "%%") if isinstance(part, str) else "%s"
            if not isinstance(part, str):
                fills.append(part)
        if not fills:
            constant = Phrase(template.replace("%%", "%"))
            return lambda _: constant
        if len(fills) == 1:
            only = fills[0]
            return lambda values: Phrase(template % only(values))
        if len(fills) == 2:
            first, second = fills
            return lambda values: Phrase(template % (first(values), second(values)))
        return lambda values: Phrase(template % tuple([fill(values) for fill in fills]))

    def _part(self, element: object, depth: int) -> str | Part:
        match element:
            case ast.TextElement():
                return _usable(element.value)
            case ast.Placeable():
                return self._part(element.expression, depth)
            case ast.StringLiteral():
                return _usable(str(element.parse()["value"]))
            case ast.NumberLiteral():
                return element.value
            case ast.VariableReference():
                return self._variable(element.id.name)
            case ast.SelectExpression():
                return self._choice(element, depth)
            case ast.MessageReference() | ast.TermReference():
                return self.pattern(self._referred(element), depth + 1)
            case _:
                raise Unusable("uses a function, and there is none")

    def _variable(self, name: str) -> Part:
        self.variables.add(name)
        direction, locale = self._direction, self._locale

        def part(values: Values) -> str:
            value = values[name]
            return isolated(value, direction) if isinstance(value, str) else format_decimal(value, locale=locale)

        def part_of_ascii(values: Values) -> str:
            value = values[name]
            return value if isinstance(value, str) and value.isascii() else part(values)

        return part_of_ascii if direction == "ltr" else part

    def _referred(self, element: ast.MessageReference | ast.TermReference) -> ast.Pattern:
        key = f"-{element.id.name}" if isinstance(element, ast.TermReference) else element.id.name
        if element.attribute is not None:
            key += f".{element.attribute.name}"
        if key not in self._entries:
            raise Unusable(f"refers to {key}, which there is not")
        return self._entries[key].pattern

    def _choice(self, element: ast.SelectExpression, depth: int) -> Fill:
        if not isinstance(element.selector, ast.VariableReference):
            raise Unusable("chooses by something other than a variable")
        name = element.selector.id.name
        self.variables.add(name)
        fills = {_key(variant): self.pattern(variant.value, depth) for variant in element.variants}
        otherwise = next(fills[_key(variant)] for variant in element.variants if variant.default)
        locale = self._locale  # whose rules are read when a count is told: they come with all data of the locale

        def fill(values: Values) -> Phrase:
            value = values[name]
            found = fills.get(str(value))
            if found is None and not isinstance(value, str):
                found = fills.get(locale.plural_form(value))
            return (found or otherwise)(values)

        return fill


def _usable(text: str) -> str:
    if "\n" in text:
        raise Unusable("must be one line")
    if REFUSED.search(text):
        raise Unusable("has a character that texts must not have")
    return text


def _key(variant: ast.Variant) -> str:
    return variant.key.name if isinstance(variant.key, ast.Identifier) else variant.key.value
