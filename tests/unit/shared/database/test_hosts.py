"""Which of several servers is connected to, and how soon."""

import asyncio
from typing import Any, cast

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database import hosts
from shared.database.hosts import Hosts, apart
from shared.errors import ConfigurationError, DatabaseUnavailable

_hosts = st.lists(
    st.sampled_from(["a", "b.example", "10.0.0.1", "[::1]"]).flatmap(
        lambda host: st.integers(1, 65535).map(lambda port: f"{host}:{port}") | st.just(host)
    ),
    min_size=1,
    max_size=4,
)


@given(_hosts, st.sampled_from(["", "?application_name=x", "?target_session_attrs=any"]))
def test_each_host_has_a_url_of_its_own_that_means_the_same(places: list[str], query: str) -> None:
    urls = apart(f"postgresql://user:p%40ss@{','.join(places)}/base{query}")
    assert len(urls) == len(places)
    for url, place in zip(urls, places, strict=True):
        assert url.startswith(f"postgresql://user:p%40ss@{place}/base?")
        assert ("target_session_attrs=any" in url) == ("attrs=any" in query)
        assert ("target_session_attrs=read-write" in url) != ("attrs=any" in query)
        assert ("application_name=x" in url) == ("name=x" in query)


def test_hosts_of_the_query_are_read_as_libpq_reads_them() -> None:
    asked = "target_session_attrs=read-write"
    assert apart("postgresql://u@/d?host=a,b&port=1,2") == [
        f"postgresql://u@a:1/d?{asked}",
        f"postgresql://u@b:2/d?{asked}",
    ]
    assert apart("postgresql://u@/d?host=/run/pg") == [f"postgresql://u@/d?{asked}&host=%2Frun%2Fpg"]
    with pytest.raises(ConfigurationError, match="2 ports for 3 hosts"):
        apart("postgresql://u@/d?host=a,b,c&port=1,2")


class Servers:
    """What asyncpg would meet, by host."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: Exception | None) -> None:
        """None: connects; TimeoutError: is silent until it is given up."""
        self.tried: list[str] = []
        self.given_up: list[str] = []
        self._answers = answers
        monkeypatch.setattr(asyncpg, "connect", self._connect)

    async def _connect(self, url: str, **_: Any) -> Any:
        host = url.partition("@")[2].partition("/")[0]
        self.tried.append(host)
        answer = self._answers[host]
        if isinstance(answer, TimeoutError):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.given_up.append(host)
                raise
        if answer is not None:
            raise answer
        return cast("Any", host)


async def test_a_silent_host_is_passed_by_and_the_right_one_comes_first_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = Servers(monkeypatch, a=TimeoutError(), b=asyncpg.TargetServerAttributeNotMatched("a standby"), c=None)
    found = Hosts("postgresql://u@a,b,c/d", stagger=0.01)
    async with asyncio.timeout(60):
        assert str(await found.connect()) == "c"
    assert servers.tried == ["a", "b", "c"]
    assert servers.given_up == ["a"]
    assert str(await found.connect()) == "c"
    assert servers.tried[3:] == ["c"]


async def test_without_any_that_takes_writes_each_host_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    Servers(monkeypatch, a=ConnectionRefusedError("refused"), b=asyncpg.InvalidPasswordError("rotated"))
    with pytest.raises(DatabaseUnavailable, match=r"refused.*rotated"):
        await Hosts("postgresql://u@a,b/d").connect()


async def test_what_is_no_answer_of_a_server_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    Servers(monkeypatch, a=asyncpg.ClientConfigurationError("no such option"), b=TypeError("ours"))
    with pytest.raises(ConfigurationError, match="DATABASE_URL: no such option"):
        await Hosts("postgresql://u@a/d").connect()
    with pytest.raises(TypeError):
        await Hosts("postgresql://u@b/d").connect()
    assert hosts.STAGGER < 1
