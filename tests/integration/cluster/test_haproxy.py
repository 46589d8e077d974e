"""HAProxy's configuration: valid, with every API, and never a booking twice."""

import shutil
from pathlib import Path

import pytest

from deploy.cluster.haproxy import HAProxy
from deploy.local.machines import Machine
from deploy.local.processes import run

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin")


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed")
async def test_haproxy_takes_the_configuration(tmp_path: Path) -> None:
    apis = {"api1": Machine("10.0.0.1"), "api2": Machine("10.0.0.2")}
    text = HAProxy(tmp_path, Machine("10.0.0.3"), apis, dies_with_us=None)._configuration()
    assert "server api1 10.0.0.1:5000" in text
    assert "server api2 10.0.0.2:5000" in text
    assert "retry-on conn-failure\n" in text, "anything else could send a booking twice"
    file = tmp_path / "haproxy.cfg"
    file.write_text(text, "utf-8")
    assert HAPROXY is not None
    await run([HAPROXY, "-c", "-f", file])
