"""The forecast: the mails that fall due in the next two days, and whether they leave in time."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from api_service.identity.bearer import OPS, OPS_READ, Identity, require
from api_service.ops.core.outlook import Outlook
from api_service.ops.keys import OUTLOOKS
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from api_service.web.payloads import JsonResponse, json_response
from api_service.web.value_types import Instant
from shared.jobs.forecast import Hour

routes: Final = web.RouteTableDef()


class PaceJson(TypedDict):
    """`perSecond`: the largest number of mails a second by `EMAIL_RATE`, null if a notifier has no limit, or none is
    known; `isShared`: the limit holds for all notifiers together; `isLastKnown`: no notifier is running now, these are
    the last ones."""

    perSecond: Annotated[float | None, Field(examples=[10.0])]
    notifiers: int
    isShared: bool
    isLastKnown: bool


class MinuteJson(TypedDict):
    """The minute of the last day in which the most mails were sent."""

    begins: Instant
    sent: int


class HourJson(TypedDict):
    """`due`: mails that fall due in it; `takesSeconds`: how long they take at the pace, null without one; `waiting`:
    mails that are due before it ends and leave after it; `longestWaitSeconds`: of the mail that waits longest; `late`:
    mails that leave later than the bound; `begun`: mails that would leave only after the visit has begun;
    `sentADayBefore`: mails sent in the same hour of the last day."""

    begins: Instant
    due: int
    takesSeconds: float | None
    waiting: int
    longestWaitSeconds: float
    late: int
    begun: int
    sentADayBefore: int | None


class ForecastJson(TypedDict):
    """`backlog`: mails that are due now, part of the first hour; `due`, `late`, `begun`: of all hours. Confirmations of
    bookings that nobody has made yet are not among them."""

    madeAt: Instant
    sentence: Annotated[
        str,
        Field(
            examples=[
                "2,104 mails leave in time in the next 48 hours. The most: at 08:00 UTC, 1,900 mails, 3 min at 10/s."
            ]
        ),
    ]
    pace: PaceJson
    latenessSeconds: float
    backlog: int
    due: int
    late: int
    begun: int
    longestWaitSeconds: float
    busiestMinute: MinuteJson | None
    hours: list[HourJson]


@routes.get("/api/ops/forecast")
@require(OPS, OPS_READ)
@operation("The mails of the next 48 hours, by hour")
async def current_forecast(request: web.Request, identity: Identity) -> JsonResponse[ForecastJson]:
    """At the pace of `EMAIL_RATE`, in the order in which they are due. Some seconds old at most."""
    return json_response(_forecast_json(await request.app[OUTLOOKS].newest(request.app[DATABASE])))


def _forecast_json(outlook: Outlook) -> ForecastJson:
    forecast, busiest = outlook.forecast, outlook.sent.busiest
    return {
        "madeAt": forecast.made_at,
        "sentence": outlook.sentence(),
        "pace": {
            "perSecond": outlook.pace.per_second,
            "notifiers": outlook.pace.notifiers,
            "isShared": outlook.pace.is_shared,
            "isLastKnown": outlook.pace.is_last_known,
        },
        "latenessSeconds": outlook.promises.lateness,
        "backlog": forecast.backlog,
        "due": forecast.due,
        "late": forecast.late,
        "begun": forecast.begun,
        "longestWaitSeconds": round(forecast.longest, 3),
        "busiestMinute": None if busiest is None else {"begins": busiest[0], "sent": busiest[1]},
        "hours": [_hour_json(outlook, hour) for hour in forecast.hours],
    }


def _hour_json(outlook: Outlook, hour: Hour) -> HourJson:
    takes = outlook.takes(hour)
    return {
        "begins": hour.begins,
        "due": hour.due,
        "takesSeconds": None if takes is None else round(takes, 3),
        "waiting": hour.waiting,
        "longestWaitSeconds": round(hour.longest, 3),
        "late": hour.late,
        "begun": hour.begun,
        "sentADayBefore": outlook.sent_a_day_before(hour),
    }
