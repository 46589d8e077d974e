"""The document and its page, as they are served."""

import re

import pytest
from openapi_spec_validator import validate

from tests.support.client import Client
from tests.support.conformity import the_document


async def test_the_document_needs_no_token_and_is_asked_for_once(nobody: Client) -> None:
    first = await nobody("GET", "/openapi.json")
    assert first.status == 200
    validate(first.body)
    assert first.body == the_document()

    again = await nobody("GET", "/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, again.body) == (304, "")
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_the_page_loads_nothing_from_another_host(nobody: Client) -> None:
    page = await nobody("GET", "/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    found = re.findall(r'(?:src|href)="([^"]*)"', page.body)
    assert "/docs/swagger-ui-bundle.js" in found
    for path in found:
        assert (await nobody("GET", path)).status == 200, path


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fviews.py", "%2Fetc%2Fpasswd", "swagger-ui.js"])
async def test_only_the_files_of_the_page_are_served(nobody: Client, name: str) -> None:
    assert (await nobody("GET", f"/docs/{name}")).status == 404
