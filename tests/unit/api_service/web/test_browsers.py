"""What a request's headers tell about who asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.web.browsers import prefers_html

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (FIREFOX, True),
        ("text/html", True),
        ("TEXT/HTML ; Q=0.5", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("text/html;q=0", False),
        ("text/html;q=nan", False),
        ("text/html;q=inf", False),
    ],
)
def test_a_browser_is_told_from_a_program(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html


@given(st.text(max_size=200))
def test_any_header_has_an_answer(accept: str) -> None:
    assert prefers_html(accept) in (True, False)
    assert not prefers_html(f"text/html;q=0,{accept.replace('text/html', '')}")
