"""Entity tags, and what conditions make of them."""

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from api_service.web.conditional import EntityTags, condition_in, entity_tag
from api_service.web.problems import Problem

ONE = entity_tag(1, b"content")


def the_condition(*lines: str) -> EntityTags | None:
    headers = CIMultiDict([("If-Match", line) for line in lines])
    return condition_in(make_mocked_request("PATCH", "/", headers=headers), "If-Match")


def test_a_tag_tells_versions_and_contents_apart() -> None:
    assert entity_tag(1, b"content") == ONE
    assert len({ONE, entity_tag(2, b"content"), entity_tag(1, b"other")}) == 3


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ((), None),
        (("*",), ()),
        ((' "a" ',), ('"a"',)),
        (('W/"a"',), ('W/"a"',)),
        (('"a","b" , W/"c,d"',), ('"a"', '"b"', 'W/"c,d"')),
        ((', "a",, "b",',), ('"a"', '"b"')),
        (('"a"', '"b"'), ('"a"', '"b"')),
        (('""',), ('""',)),
    ],
)
def test_conditions_are_lists_of_tags_or_any(lines: tuple[str, ...], tags: tuple[str, ...] | None) -> None:
    found = the_condition(*lines)
    assert (found and found.tags) == tags
    assert (found is not None and found.any) == (lines == ("*",))


@pytest.mark.parametrize(
    "line", ["", ",", "1", '"a', 'a"', '"a" "b"', '*, "a"', '"a", *', 'w/"a"', "W/a", '"a b"', "'a'", '"a";"b"', "W/*"]
)
def test_a_malformed_condition_is_named(line: str) -> None:
    with pytest.raises(Problem) as problem:
        the_condition(line)
    assert (problem.value.status, problem.value.faults[0].pointer) == (422, "If-Match")


@given(st.text(st.sampled_from('"W/*, \ta'), max_size=40))
def test_any_text_is_a_condition_or_named_at_once(line: str) -> None:
    try:
        the_condition(line)
    except Problem as problem:
        assert problem.status == 422


def test_a_long_malformed_list_is_refused_at_once() -> None:
    with pytest.raises(Problem):
        the_condition(" ,  " * 2000 + "x")


def test_if_match_asks_for_the_version_whether_a_proxy_has_made_the_tag_weak_or_not() -> None:
    later = entity_tag(1, b"its mail went out meanwhile")
    assert EntityTags((ONE,)).name_version(1)
    assert EntityTags((later, '"other"')).name_version(1)
    assert EntityTags((), any=True).name_version(7)
    assert not EntityTags((ONE,)).name_version(11)
    assert EntityTags((f"W/{ONE}",)).name_version(1)
    assert not EntityTags((f"W/{ONE}",)).name_version(2)
    assert not EntityTags(('"1"', '"-1"', '"1x-0"')).name_version(1)


def test_if_none_match_asks_for_the_whole_by_weak_comparison() -> None:
    assert EntityTags(('"other"', ONE)).name(ONE)
    assert EntityTags((f"W/{ONE}",)).name(ONE)
    assert not EntityTags((entity_tag(1, b"other"),)).name(ONE)
