"""What an operator can do to the broker: by its management API, as the UI does, and by rabbitmqctl."""

import contextlib
from typing import Any
from urllib.parse import quote

import aiohttp

from deploy.local.processes import run
from deploy.local.rabbitmq import USER, RabbitMQ, server_folder
from tests.drills.servers import Servers
from tests.support.management import management


class BrokerAdmin:
    """For one virtual host."""

    def __init__(self, where: Servers, vhost: str) -> None:
        self._where = where
        self._vhost = vhost

    async def take(self, queue: str, most: int) -> list[dict[str, Any]]:
        """Messages got out of a queue for good, as "Get messages" without requeueing does."""
        wish = {"count": most, "ackmode": "ack_requeue_false", "encoding": "auto"}
        return list(await self._call("POST", f"/api/queues/{self._vhost}/{queue}/get", wish) or [])

    async def publish(self, routing_key: str, message: dict[str, Any], *, exchange: str = "notifications") -> None:
        """A message that `take` gave, published by hand."""
        wish = {
            "routing_key": routing_key,
            "properties": message["properties"],
            "payload": message["payload"],
            "payload_encoding": message["payload_encoding"],
        }
        await self._call("POST", f"/api/exchanges/{self._vhost}/{exchange}/publish", wish)

    async def purge(self, queue: str) -> None:
        await self._call("DELETE", f"/api/queues/{self._vhost}/{queue}/contents")

    async def delete(self, queue: str) -> None:
        await self._call("DELETE", f"/api/queues/{self._vhost}/{queue}")

    async def make_vhost(self) -> None:
        """The virtual host, empty; its maker may do everything there."""
        await self._call("PUT", f"/api/vhosts/{self._vhost}")

    async def delete_vhost(self) -> None:
        await self._call("DELETE", f"/api/vhosts/{self._vhost}")

    async def make_classic(self, queue: str, key: str) -> bool:
        """A classic queue where a quorum queue was, bound as that was; False where somebody was faster."""
        wish = {"durable": True, "arguments": {"x-queue-type": "classic"}}
        try:
            await self._call("PUT", f"/api/queues/{self._vhost}/{queue}", wish)
        except AssertionError:  # it has been declared again meanwhile
            await self.delete(queue)
            return False
        await self._call("POST", f"/api/bindings/{self._vhost}/e/notifications/q/{queue}", {"routing_key": key})
        return True

    async def permit(self, **permissions: str) -> None:
        """What our user may do in the virtual host: configure, write, read, as patterns."""
        await self._call("PUT", f"/api/permissions/{self._vhost}/{USER}", permissions)

    async def end_connections(self) -> None:
        """Every connection to the virtual host, as "Force Close" does."""
        for connection in await self._call("GET", f"/api/vhosts/{self._vhost}/connections"):
            with contextlib.suppress(AssertionError):  # it has ended by itself
                await self._call("DELETE", f"/api/connections/{quote(connection['name'])}")

    async def names(self, kind: str) -> list[str]:
        """Of all "exchanges" or "queues" of ours."""
        shown = await self._call("GET", f"/api/{kind}/{self._vhost}?columns=name")
        return sorted(each["name"] for each in shown if each["name"].startswith("notifications"))

    async def remove(self, kind: str, name: str) -> None:
        """Deletes an exchange or a queue; it may be gone already."""
        with contextlib.suppress(AssertionError):
            await self._call("DELETE", f"/api/{kind}/{self._vhost}/{name}")

    async def limit(self, length: int | None) -> None:
        """A length at which every queue refuses what is published; None takes it away again."""
        path = f"/api/policies/{self._vhost}/full"
        if length is None:
            await self._call("DELETE", path)
        else:
            definition = {"max-length": length}
            await self._call("PUT", path, {"pattern": ".*", "definition": definition, "apply-to": "queues"})

    async def leader(self, queue: str) -> RabbitMQ:
        """The node that leads a quorum queue."""
        shown = await self._call("GET", f"/api/queues/{self._vhost}/{queue}")
        [node] = [node for node in self._where.nodes if node.name == shown["leader"]]
        return node

    async def replicas(self, queue: str) -> int:
        """How many nodes hold a quorum queue just now."""
        shown = await self._call("GET", f"/api/queues/{self._vhost}/{queue}")
        return len(shown.get("online", []))

    async def memory_limit(self, megabytes: int) -> None:
        """Above it the broker raises its memory alarm, and blocks every connection that publishes."""
        node = self._where.rabbitmq
        command = server_folder() / "sbin" / "rabbitmqctl"
        await run([command, "set_vm_memory_high_watermark", "absolute", f"{megabytes}MB"], **node.environment())

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        """Asks the first node that answers. Raises AssertionError for anything but success."""
        for node in self._where.nodes:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                return await management(node, method, path, body)
        raise AssertionError(f"no node answers {method} {path}")
