"""Forms that are kept while their sender signs in again."""

from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from api_service.ops.dashboard.kept_forms import KeptForm

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(st.lists(st.tuples(st.sampled_from(["reason", "note", "id", "group", "q", ""]), TEXT), max_size=20))
def test_every_field_that_was_typed_comes_back(fields: list[tuple[str, str]]) -> None:
    kept = KeptForm.of("/ops/failed/note", MultiDict([("csrf", "x"), *fields]))
    assert kept is not None
    again = KeptForm.parse(kept.action, kept.encoded)
    assert again == kept
    assert sorted([*[(name, value) for name, _, value in kept.typed], *kept.hidden]) == sorted(fields)


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_sign_in_page_sends_back_has_an_answer(action: str, encoded: str) -> None:
    kept = KeptForm.parse(action, encoded)
    assert kept is None or (kept.action == action and kept.asks)


def test_what_nobody_typed_is_not_kept() -> None:
    for path in ("/ops/sign-out", "/ops/theme", "/ops/zone", "/ops/sign-in"):
        assert KeptForm.of(path, MultiDict(theme="dark")) is None
    assert KeptForm.of("/ops/failed/note", MultiDict(note="x" * 20_000)) is None
    assert KeptForm.parse("/ops/failed/note", "&".join(["a=1"] * 400)) is None
