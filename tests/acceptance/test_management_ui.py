"""What the management UI of RabbitMQ shows names who is who; its data are the management API's."""

from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from deploy.local.rabbitmq import RabbitMQ
from tests.support.waiting import eventually
from tests.support.world import World


async def test_connections_consumers_and_bindings_explain_themselves(world: World, rabbitmq: RabbitMQ) -> None:
    vhost = quote(urlsplit(world.amqp_url).path[1:], safe="")

    async def shown(what: str) -> list[dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.get(f"{rabbitmq.management_url}/api/{what}") as answer:
            return list(await answer.json())

    async with world.api() as api, world.notifier() as notifier:
        pids = {str(api.process.pid), str(notifier.process.pid)}

        async def connections() -> bool:
            found = [each.get("user_provided_name", "") for each in await shown(f"vhosts/{vhost}/connections")]
            names = {name.partition(" ")[0] for name in found}
            assert {"punctual-relay", "punctual-notifier"} <= names, found
            assert {name.rpartition(":")[2] for name in found} == pids, found
            return True

        async def consumers() -> bool:
            found = {each["consumer_tag"]: each["queue"]["name"] for each in await shown(f"consumers/{vhost}")}
            assert {"notifications.high", "notifications.normal", "notifications.dead"} <= set(found.values())
            for tag, queue in found.items():
                assert tag.startswith(f"{queue} "), tag
                owner = api if queue.startswith("notifications.live ") else notifier
                assert tag.endswith(f":{owner.process.pid}"), tag
            return True

        await eventually(connections)
        await eventually(consumers)
        bindings = {
            (each["source"], each["routing_key"], each["destination"]) for each in await shown(f"bindings/{vhost}")
        }
        assert ("notifications", "#.high", "notifications.high") in bindings
        assert ("notifications.dlx", "#", "notifications.dead") in bindings
