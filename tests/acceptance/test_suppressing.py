"""An operator suppresses an address, and allows it again."""

from tests.support.client import job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"
ADDRESS = "client-1@patients.example"


async def test_a_suppressed_address_gets_no_mail_but_its_client_is_told_in_the_app(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        client, operator = world.client(api), world.operator(api)
        path = f"/api/ops/suppressions/{ADDRESS.replace('example', 'EXAMPLE')}"
        assert (await operator("PUT", path, {"reason": "bounced"})).status == 201

        suppressed = await client.book()
        await world.client(api, "client-2").book()

        async def skipped() -> bool:
            job = await operator.job(job_of(suppressed, CREATED))
            return (job["state"], job["reason"]) == ("skipped", "address suppressed")

        await eventually(skipped)
        assert [each["kind"] for each in (await client("GET", "/api/client/notifications")).body["items"]] == [CREATED]
        await eventually(lambda: len(world.mails()) == 1)
        await notifier.shows('punctual_duplicates_suppressed_total{reason="suppressed"}', 1)
        sample = f'punctual_jobs_finished_total{{channel="email",kind="{CREATED}",outcome="skipped"}}'
        await notifier.shows(sample, 1)

        assert (await operator("DELETE", path)).status == 204
        allowed = await client.book()
        await eventually(lambda: len(world.mails()) == 2)
        [mail] = [each for each in world.mails() if job_of(allowed, CREATED) in each["headers"]["Message-ID"]]
        assert ADDRESS in str(mail)
        # a skipped job is not sent later: nobody wants last week's confirmation
        assert (await operator("POST", f"/api/ops/jobs/{job_of(suppressed, CREATED)}/requeue")).status == 409
    for log in (api.log, notifier.log):
        assert "patients.example" not in log.read_text("utf-8").lower()
