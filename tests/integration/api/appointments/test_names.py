"""Whoever has a name of another script is a client, a doctor and a reader of lists like everybody else."""

import asyncio
from typing import Any

from tests.support.client import Client
from tests.support.tokens import a_token
from tests.unit.shared.people.test_names import REAL, REFUSED


async def test_real_names_can_sign_in_be_written_and_be_listed(api_url: str, operator: Client) -> None:
    async def tried(number: int, name: str) -> list[Any]:
        client = Client(api_url, a_token(f"client-{number}", "client", email=f"c{number}@patients.example", name=name))
        before = await client("GET", "/api/client/profile")
        written = await client("PUT", "/api/client/profile", {"name": name})
        body = {"name": name, "specialty": name, "location": name, "timezone": "Europe/Berlin"}
        doctor = await operator("PUT", f"/api/ops/doctors/n{number}", body)
        booked = await client.book(reason=f"{name}\n{name}", doctorId=f"n{number}")
        shown = [before.body["name"], written.body["name"], *(doctor.body[each] for each in list(body)[:3])]
        return [*shown, booked["reason"].partition("\n")[2]]

    for number, name in enumerate(REAL.values()):
        assert await tried(number, name) == [name] * 6, ascii(name)

    listed, cursor = [], ""
    while cursor is not None:
        page = await operator("GET", "/api/doctors", query={"limit": "5", "cursor": cursor})
        assert page.status == 200, page.body
        listed += [doctor["name"] for doctor in page.body["items"]]
        cursor = page.body["nextCursor"]
    assert sorted(listed) == sorted(["Dr. Ada", *REAL.values()])


async def test_what_plays_with_a_page_is_named_where_it_is_typed_and_keeps_nobody_out(
    api_url: str, client: Client, operator: Client
) -> None:
    async def tried(number: int, text: str) -> list[str]:
        body = {"name": "D", "location": text, "timezone": "Europe/Berlin"}
        profile, doctor = await asyncio.gather(
            client("PUT", "/api/client/profile", {"name": text}), operator("PUT", "/api/ops/doctors/9", body)
        )
        email = f"c{number}@patients.example"
        claimed = Client(api_url, a_token(f"claiming-{number}", "client", email=email, name=text))
        assert (await claimed("GET", "/api/client/profile")).status == 200, ascii(text)
        return [each.body["errors"][0]["pointer"] for each in (profile, doctor)]

    for number, text in enumerate(text for text in REFUSED.values() if text.isascii() or "\ud800" not in text):
        assert await tried(number, text) == ["/name", "/location"], ascii(text)
