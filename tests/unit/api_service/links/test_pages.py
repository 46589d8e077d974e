"""The clinic's look on the pages of links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.links.appointment.pages import AppointmentPages
from shared.clinic import Clinic
from shared.wording import builtin

CHANNEL = st.integers(0, 255)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@given(CHANNEL, CHANNEL, CHANNEL)
def test_letters_can_be_read_on_any_colour_of_a_clinic(red: int, green: int, blue: int) -> None:
    colour = f"#{red:02x}{green:02x}{blue:02x}"
    page = AppointmentPages(Clinic(colour=colour)).message("invalid", builtin().of("en"), status=404)
    [ground, letters] = re.findall(r"--(?:on-)?clinic: (#[0-9a-f]{6})", str(page.text))
    assert ground == colour
    high, low = sorted((luminance(ground), luminance(letters)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://clinic.example/logo.png", "https://clinic.example/logo.png"),
        ("https://clinic.example/a;b,c%20d.png?size=2#x", "https://clinic.example/a%3Bb%2Cc%20d.png"),
    ],
)
def test_a_logo_is_all_that_comes_from_another_host(address: str, source: str) -> None:
    clinic = Clinic(name="Praxis <am> Park", logo_url=address, telephone="+49 30 1234567")
    page = AppointmentPages(clinic).message("invalid", builtin().of("de"), status=404)
    policy = page.headers["Content-Security-Policy"]
    assert f"; img-src {source}; " in policy
    assert "," not in policy
    assert 'alt="Praxis &lt;am&gt; Park"' in str(page.text)
    assert 'href="tel:+49301234567"' in str(page.text)
