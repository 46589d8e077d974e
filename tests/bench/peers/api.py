"""The API that every peer has: reads a booking, hands it over to be stored and queued, answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID, uuid4

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Booking:
    id: UUID
    doctor_id: str
    client: str
    local_date: date
    local_time: time
    reason: str

    @property
    def row(self) -> tuple[object, ...]:
        return self.id, self.doctor_id, self.client, self.local_date, self.local_time, self.reason


def serve(
    port: int,
    context: Callable[[web.Application], AsyncIterator[None]],
    store: Callable[[web.Application, Booking], Awaitable[None]],
) -> None:
    """Serves until it is ended; `store` commits a booking and queues its job."""

    async def book(request: web.Request) -> web.Response:
        wish = await request.json()
        booking = Booking(
            id=uuid4(),
            doctor_id=str(wish["doctorId"]),
            client=request.headers["Authorization"][-8:],
            local_date=date.fromisoformat(wish["appointmentDate"]),
            local_time=time.fromisoformat(wish["appointmentTime"]),
            reason=str(wish["reason"]),
        )
        await store(request.app, booking)
        return web.json_response({"id": str(booking.id), **wish, "jobs": [{"id": str(booking.id)}]})

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/api/client/appointments", book)
    app.router.add_get("/readyz", ready)
    app.cleanup_ctx.append(context)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)
