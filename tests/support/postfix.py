"""A private Postfix on loopback, with folders of its own, never Debian's; one port a kind of restriction."""

import asyncio
import os
import pwd
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from deploy.local.ports import free_port
from deploy.local.processes import accepts, spawn, wait_ready

POSTFIX: Final = Path("/usr/sbin/postfix")
DAEMONS: Final = Path("/usr/lib/postfix/sbin")
IS_USABLE: Final = POSTFIX.exists() and os.geteuid() == 0
"""Its master gives privileges up, so it has to begin as root."""

_MAIN: Final = """\
compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = {daemons}
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.punctual.example
mydestination = patients.example
mynetworks =
alias_maps =
local_recipient_maps =
local_transport = discard:
default_transport = discard:
smtpd_relay_restrictions = reject_unauth_destination
smtpd_delay_reject = yes
"""
_MASTER: Final = """\
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
flush unix n - n 1000? 0 flush
"""
_RELAY: Final = """\
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
"""


@asynccontextmanager
async def a_postfix(
    home: Path, services: Mapping[str, Sequence[str]], *, main: Sequence[str] = (), relays: bool = False
) -> AsyncIterator[Mapping[str, int]]:
    """Runs one for the block. `services`: smtpd's settings by name, as NAME=VALUE; the ports by the same names. `main`:
    settings of the whole, for which those above make room. `relays`: it hands mail on, by SMTP and LMTP."""
    ports = {name: free_port() for name in services}
    config = home / ("postfix-relay" if relays else "postfix")
    _write(config, services, ports, main, relays=relays)
    process = spawn(
        [POSTFIX, "-c", config, "start-fg"],
        log=config / "start.log",
        environment={"PATH": os.environ["PATH"]},
        dies_with_us=signal.SIGTERM,
    )
    try:

        async def ready() -> bool:
            return all([await accepts(port) for port in ports.values()])

        await wait_ready("Postfix", ready, process=process, log=config / "mail.log")
        yield ports
    finally:
        stopping = await asyncio.create_subprocess_exec(POSTFIX, "-c", config, "stop")
        await stopping.wait()
        await asyncio.to_thread(process.stop, within=10)


def _write(
    config: Path,
    services: Mapping[str, Sequence[str]],
    ports: Mapping[str, int],
    main: Sequence[str],
    *,
    relays: bool,
) -> None:
    for folder in (config, config / "queue", config / "data"):
        folder.mkdir()
        folder.chmod(0o755)
    os.chown(config / "data", _uid("postfix"), -1)
    own = {each.partition("=")[0].strip() for each in main}
    lines = [
        line
        for line in _MAIN.format(home=config, daemons=DAEMONS).splitlines()
        if line.partition(" =")[0] not in own and not (relays and line.startswith("default_transport"))
    ]
    (config / "main.cf").write_text("\n".join([*lines, *main]) + "\n")
    smtpd = "".join(
        f"127.0.0.1:{ports[name]} inet n - n - - smtpd\n" + "".join(f"  -o {option}\n" for option in options)
        for name, options in services.items()
    )
    (config / "master.cf").write_text(smtpd + _MASTER + (_RELAY if relays else ""))


def _uid(user: str) -> int:
    return pwd.getpwnam(user).pw_uid
