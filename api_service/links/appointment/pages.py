"""Sets the pages of an appointment's link: no scripts, the clinic's look, nothing from another host but its logo."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

import jinja2
from aiohttp import web

from shared.clinic import Clinic
from shared.wording import Language

_COLOUR: Final = "#1f5f8b"
_PACKAGE: Final = "api_service.links.appointment"


class AppointmentPages:
    """The pages in the clinic's look."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        colour = clinic.colour or _COLOUR
        look = f":root {{ --clinic: {colour}; --on-clinic: {_readable_on(colour)}; }}\n"
        self._style = look + _file("page.css")
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": self._policy(),
            "Referrer-Policy": "no-referrer",  # the address is the permission
            "X-Robots-Tag": "noindex, nofollow",
        }

    def page(self, scene: str, language: Language, *, status: int = 200, **values: Any) -> web.Response:
        """`values`: the values of the template's scene."""
        text = _template().render(
            scene=scene, language=language, say=language.text, clinic=self._clinic, style=self._style, **values
        )
        headers = {**self._headers, "Content-Language": language.tag}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def message(self, name: str, language: Language, *, status: int, text: str = "", wait: int = 0) -> web.Response:
        """A page that has nothing but a title and a text, both called `name` unless `text` is another. `wait`: seconds
        until it is worth asking again."""
        response = self.page("message", language, status=status, heading=f"{name}-title", text=text or name)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def _policy(self) -> str:
        style = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        # a source has no query, and a semicolon or comma in it would end it (CSP level 3, §2.3.1)
        source = quote(re.split("[?#]", self._clinic.logo_url or "")[0], safe=":/%")
        logo = f"img-src {source}; " if source else ""
        return (
            f"default-src 'none'; style-src 'sha256-{style}'; {logo}form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )


def _readable_on(colour: str) -> str:
    """Black or white: whichever has the higher contrast on a colour such as "#0b6e4f" (WCAG 2.2, relative luminance);
    one of them always has 4.5:1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


@cache
def _template() -> jinja2.Template:
    # a block's line takes no room of its own
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_file("page.html"))


def _file(name: str) -> str:
    return (files(_PACKAGE) / name).read_text("utf-8")


PAGES: Final = web.AppKey("appointment_pages", AppointmentPages)
