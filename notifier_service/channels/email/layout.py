"""Sets a mail in the clinic's look: the templates with their styles inlined, and marks in place of values."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

import css_inline
import jinja2
from markupsafe import Markup

from notifier_service.channels.email.template import mark
from notifier_service.channels.email.wording import Words
from shared.clinic import Clinic

SUBJECT, GREETING, UNSUBSCRIBE, PREHEADER, MARKUP, FIRST_FACT = range(6)
"""Slots of the values; the facts are followed by the targets of the appointment's links."""
_FOLDER: Final = files("notifier_service.channels.email.templates")
_COLOUR: Final = "#1f5673"
_BRIGHT: Final = 0.179
"""Relative luminance from which black is easier to read on a colour than white (WCAG 2.2, contrast ratio)."""


class Layout:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        environment = {"loader": jinja2.FunctionLoader(_source), "trim_blocks": False}
        self._text = jinja2.Environment(**environment).get_template("letter.txt")  # type: ignore[arg-type]  # noqa: S701 - plain text
        self._html = jinja2.Environment(autoescape=True, **environment).get_template("letter.html")  # type: ignore[arg-type]
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)

    def set(self, words: Words, *, links: Sequence[str], unsubscribes: bool) -> tuple[str, str]:
        """Text and HTML of all mails that say the same but for their values, with "\\n" line ends. `links`: the names
        of those of `words.actions` that the mail has."""
        facts = {label: mark(FIRST_FACT + place) for place, label in enumerate(words.facts)}
        behind = FIRST_FACT + len(facts)
        targets = {words.actions[name]: mark(behind + place) for place, name in enumerate(links)}
        marked = words._replace(
            subject=mark(SUBJECT),
            greeting=mark(GREETING),
            preheader=mark(PREHEADER),
            facts=facts,
            actions={**targets, **words.links},
        )
        values = {"words": marked, "unsubscribe": mark(UNSUBSCRIBE) if unsubscribes else ""}
        look = {
            "clinic": self._clinic,
            "markup": mark(MARKUP),
            "styles": Markup(self._styles(words)),  # noqa: S704 - ours, with a colour that was checked
            "more_styles": Markup(_source("responsive.css")),  # noqa: S704 - ours
        }
        html = self._inliner.inline(self._html.render(values | look)).replace(' data-css-inline="keep"', "")
        return self._text.render(values) + "\n", html + "\n"

    def _styles(self, words: Words) -> str:
        colour = self._clinic.colour or _COLOUR
        start, padding = ("left", "10px 12px 10px 0") if words.direction == "ltr" else ("right", "10px 0 10px 12px")
        names = {"COLOUR": colour, "INK": ink_on(colour), "START": start, "LABEL": padding}
        styles = _source("letter.css")
        for name, value in names.items():
            styles = styles.replace(f"--{name}", value)
        return styles


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour such as "#0b6e4f".

    >>> ink_on("#0b6e4f"), ink_on("#ffe066")
    ('#ffffff', '#000000')
    """
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _BRIGHT else "#ffffff"


def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
