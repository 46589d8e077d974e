"""Addresses that mail does not reach, as operators keep them."""

from typing import Any
from urllib.parse import quote

from shared.database import Database
from tests.support.client import Answer, Client

ALL = "/api/ops/suppressions"
BOUNCED = {"reason": "bounced"}


def path(address: str) -> str:
    return f"{ALL}/{quote(address, safe='')}"


async def put(operator: Client, address: str, **fields: Any) -> Answer:
    return await operator("PUT", path(address), BOUNCED | fields)


async def addresses(reader: Client, **query: str) -> list[str]:
    return [each["address"] for each in (await reader("GET", ALL, query=query)).body["items"]]


async def test_an_address_is_added_shown_and_removed(operator: Client, reader: Client) -> None:
    added = await put(operator, "ada@patients.example")

    assert added.status == 201
    shown = (await reader("GET", ALL)).body["items"]
    assert shown == [added.body]
    assert (shown[0]["reason"], shown[0]["by"]) == ("bounced", "operator")
    removed = await operator("DELETE", path("ada@patients.example"))
    assert (removed.status, removed.body) == (204, "")
    assert await addresses(reader) == []
    assert (await operator("DELETE", path("ada@patients.example"))).status == 404


async def test_letters_of_either_size_are_one_domain_and_two_local_parts(operator: Client) -> None:
    await put(operator, "ada@patients.example")
    again = await put(operator, "ada@PATIENTS.Example", reason="complained")

    assert (again.status, again.body["reason"]) == (200, "complained")
    assert (await put(operator, "Ada@patients.example")).status == 201
    assert (await operator("DELETE", path("ada@Patients.Example"))).status == 204
    assert await addresses(operator) == ["Ada@patients.example"]


async def test_any_address_can_stand_in_the_path(operator: Client) -> None:
    for local in ("a/b+c", "per%cent", "a{b}", "ü", "a?b", "a#b&c=d"):
        address = f"{local}@müller.example"
        assert (await put(operator, address)).body["address"] == address
        assert (await operator("DELETE", path(address))).status == 204


async def test_what_is_no_address_is_refused_by_name(operator: Client, database: Database) -> None:
    for address in ("nobody", "@patients.example", "a@b", "a b@c.example", "a\r\nb@c.example", "\x00"):
        answer = await put(operator, address)

        assert answer.status == 422, address
        assert [each["pointer"] for each in answer.body["errors"]] == ["{address}"]
        assert (await operator("DELETE", path(address))).status == 404
    assert not await database.fetch("SELECT FROM suppressions")


async def test_a_reason_is_needed(operator: Client) -> None:
    for reason in (None, "", "x" * 201, "two\nlines", 5):
        answer = await put(operator, "ada@patients.example", reason=reason)
        assert answer.status == 422, reason
        assert [each["pointer"] for each in answer.body["errors"]] == ["/reason"]


async def test_the_list_is_paged_and_narrowed(operator: Client) -> None:
    for name in "abcde":
        await put(operator, f"{name}@patients.example", reason="complained" if name == "c" else "bounced: 100% full")

    first = (await operator("GET", ALL, query={"limit": "3"})).body
    rest = (await operator("GET", ALL, query={"limit": "3", "cursor": first["nextCursor"]})).body
    assert [each["address"][0] for each in first["items"] + rest["items"]] == list("edcba")
    assert rest["nextCursor"] is None
    assert await addresses(operator, reason="complained") == ["c@patients.example"]
    assert len(await addresses(operator, reason="100%")) == 4
    assert await addresses(operator, reason="1%f") == []
    assert await addresses(operator, address="d@PATIENTS.example") == ["d@patients.example"]


async def test_the_record_says_who_suppressed_and_allowed_what(operator: Client, reader: Client) -> None:
    await put(operator, "ada@Patients.example")
    await operator("DELETE", path("ada@patients.example"))

    shown = (await reader("GET", "/api/ops/actions")).body["items"]
    assert [(each["action"], each["target"], each["operator"], each["reason"]) for each in shown] == [
        ("allow", {"address": "ada@patients.example"}, "operator", None),
        ("suppress", {"address": "ada@patients.example"}, "operator", "bounced"),
    ]
