"""An outage or a bug behind a link is a page in the reader's language, whose status programs understand."""

import itertools

import pytest

from shared.errors import DatabaseUnavailable
from shared.ids import new_id
from shared.links.appointments import AppointmentTokens
from shared.links.unsubscribe import UnsubscribeTokens
from shared.wording import builtin
from tests.support.client import Client
from tests.support.world import UNSUBSCRIBE_KEY

PATHS = {
    "appointment": f"/a/{AppointmentTokens(UNSUBSCRIBE_KEY).issue(new_id())}",
    "reminders": f"/unsubscribe/{UnsubscribeTokens(UNSUBSCRIBE_KEY).issue('client-1')}",
}
STORES = {
    "appointment": ("api_service.appointments.store.behind_link",),
    "reminders": ("api_service.profile.store.get", "api_service.profile.store.set_reminders"),
}


@pytest.mark.parametrize(("error", "status"), [(DatabaseUnavailable("gone"), 503), (ZeroDivisionError("a bug"), 500)])
@pytest.mark.parametrize("link", sorted(PATHS))
async def test_trouble_is_a_page_in_the_readers_language(
    nobody: Client, monkeypatch: pytest.MonkeyPatch, link: str, error: Exception, status: int
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise error

    for name in STORES[link]:
        monkeypatch.setattr(name, fails)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    for tag, (method, body, headers) in itertools.product(
        ("ar", "de", "en"), (("GET", None, {}), ("POST", b"act=come&version=1", form))
    ):
        answer = await nobody(method, PATHS[link], body, headers={**headers, "Accept-Language": tag})
        assert answer.status == status
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Language"] == tag
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert builtin().of(tag).text("link.unavailable-title") in answer.body
        assert "bug" not in answer.body
