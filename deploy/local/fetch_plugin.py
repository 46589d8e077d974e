"""Fetches the release of the delayed-message exchange plugin that fits the installed RabbitMQ, and checks its file.

The plugin's last release is for RabbitMQ 4.2: its project was archived in January 2026.
https://github.com/rabbitmq/rabbitmq-delayed-message-exchange/releases
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from deploy.local.delayed_plugin import NAME, series_folder

SOURCE: Final = "https://github.com/rabbitmq/rabbitmq-delayed-message-exchange/releases/download"
LARGEST: Final = 4 << 20
"""Bytes. The released files have about 50 kB."""
SECONDS: Final = 30.0


class NotFetched(Exception):
    """The message says why there is no plugin, in one line."""


@dataclass(frozen=True, slots=True)
class Release:
    tag: str
    version: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        return f"{NAME}-{self.version}.ez"


RELEASES: Final[Mapping[str, Release]] = {
    "3.10": Release("3.10.2", "3.10.2"),
    "3.11": Release("3.11.1", "3.11.1"),
    "3.12": Release("v3.12.0", "3.12.0"),
    "3.13": Release("v3.13.0", "3.13.0"),
    "4.0": Release("v4.0.7", "v4.0.7"),  # the name of this file alone has the v
    "4.1": Release("v4.1.0", "4.1.0"),
    "4.2": Release("v4.2.0", "4.2.0", "f168b2c09810cde3726961d31f38e3408e6a7fbff3929908d6f962061d8e70a1"),
}


@dataclass(frozen=True, slots=True)
class PluginRequest:
    """What the caller's environment says about the plugin."""

    source: str
    sha256: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "PluginRequest | None":
        """None unless DELAYED_PLUGIN is `fetch`. Raises RuntimeError for any other value."""
        match environment.get("DELAYED_PLUGIN", ""):
            case "":
                return None
            case "fetch":
                return cls.given(environment)
        raise RuntimeError("DELAYED_PLUGIN: must be fetch, or not be set")

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> "PluginRequest":
        sha256 = environment.get("DELAYED_PLUGIN_SHA256", "").lower() or None
        if sha256 and (len(sha256) != 64 or sha256.strip("0123456789abcdef")):
            raise RuntimeError("DELAYED_PLUGIN_SHA256: must be 64 hexadecimal digits")
        return cls(environment.get("DELAYED_PLUGIN_URL") or SOURCE, sha256)


async def fetch(server: Path, home: Path, wish: PluginRequest, *, within: float = SECONDS) -> str:
    """Puts the plugin for the RabbitMQ in `server` into the plugin folder of the node in `home`.

    Returns one line that says which file is there, with its SHA-256. A file of an earlier call is used again if it has
    the wanted checksum. Raises NotFetched, and then nothing has changed.
    """
    folder = series_folder(server, home)
    release = RELEASES.get(folder.name)
    if release is None:
        raise NotFetched(f"no release of {NAME} fits RabbitMQ {folder.name}")
    wanted = wish.sha256 or release.sha256
    file = folder / release.file
    if file.exists() and wanted in (None, _sha256(file.read_bytes())):
        return f"{release.file} is there, SHA-256 {_sha256(file.read_bytes())}"
    url = f"{wish.source.rstrip('/')}/{release.tag}/{release.file}"
    content = await _download(url, within)
    if wanted and _sha256(content) != wanted:
        raise NotFetched(f"{url} has the SHA-256 {_sha256(content)}, wanted was {wanted}")
    if not _is_plugin(content):
        raise NotFetched(f"{url} is no RabbitMQ plugin")
    folder.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.replace(file)
    checked = "as wanted" if wanted else "not compared: DELAYED_PLUGIN_SHA256 is not set"
    return f"{release.file} was fetched, SHA-256 {_sha256(content)} ({checked})"


async def _download(url: str, within: float) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(within)) as client,
            client.get(url) as answer,
        ):
            if answer.status != 200:
                raise NotFetched(f"{url} answered {answer.status}")
            content = bytearray()
            async for piece in answer.content.iter_any():
                content += piece
                if len(content) > LARGEST:
                    raise NotFetched(f"{url} has more than {LARGEST} bytes")
            return bytes(content)
    except TimeoutError:
        raise NotFetched(f"{url} did not answer within {within:.0f} s") from None
    except (aiohttp.ClientError, ValueError) as error:
        raise NotFetched(f"{url} cannot be fetched: {error}") from error


def _is_plugin(content: bytes) -> bool:
    """Whether the bytes are a ZIP archive of the Erlang application, as RabbitMQ loads it from an .ez file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.testzip() is None and any(name.endswith(f"/ebin/{NAME}.app") for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
