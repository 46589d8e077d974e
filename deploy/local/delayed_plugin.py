"""Finds the delayed-message exchange plugin, which makes DELAY_BACKEND=exchange possible."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

NAME: Final = "rabbitmq_delayed_message_exchange"


def find(server: Path, environment: Mapping[str, str], home: Path | None = None) -> str | None:
    """The folder to add to the plugin path; None when the plugin is not found.

    It looks at RABBITMQ_DELAYED_PLUGIN (an .ez file or a folder), then at the file that was fetched for the node in
    `home`, then among the server's own plugins, then in Debian's folder for added ones. `server` is the folder of the
    installed RabbitMQ.
    """
    given = environment.get("RABBITMQ_DELAYED_PLUGIN")
    if given:
        path = Path(given).absolute()
        return str(path.parent if path.is_file() or path.name.startswith(NAME) else path)
    fetched = [series_folder(server, home)] if home else []
    for folder in (*fetched, server / "plugins", Path("/usr/lib/rabbitmq/plugins")):
        if any(folder.glob(f"{NAME}*.ez")) or any(folder.glob(f"{NAME}*/ebin")):
            return str(folder)
    return None


def series_folder(server: Path, home: Path) -> Path:
    """The plugin folder of a node for one series of RabbitMQ, such as plugins/3.10: a plugin fits one series alone, and
    the server may be upgraded."""
    version = server.name.rpartition("-")[2]
    return home / "plugins" / ".".join(version.split(".")[:2])
