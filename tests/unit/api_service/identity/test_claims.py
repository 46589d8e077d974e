"""The id in a token is one that operators can name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.identity.claims import identity_of


@given(st.text(max_size=220))
def test_an_id_is_taken_as_it_is_or_refused(subject: str) -> None:
    try:
        taken = identity_of({"sub": subject, "exp": 1}).subject
    except ValueError:
        return
    assert taken == subject == subject.strip()
    assert subject.isprintable()


@pytest.mark.parametrize("subject", [" ada", "ada ", " ", "", "a\u00a0b", "a" * 201, 7, None])
def test_an_id_that_nobody_could_name_is_refused(subject: object) -> None:
    with pytest.raises(ValueError, match="sub"):
        identity_of({"sub": subject, "exp": 1})
