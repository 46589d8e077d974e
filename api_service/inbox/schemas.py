"""The queries of the inbox, and its small answers."""

from pydantic import Field
from typing_extensions import TypedDict

from api_service.web.fields import QueryFlag
from api_service.web.pagination import PageQuery


class InboxQuery(PageQuery):
    """Filters a client's notifications."""

    unread: QueryFlag = Field(False, description="Only those that are not read yet.")


class UnreadJson(TypedDict):
    unread: int


class ReadJson(TypedDict):
    read: int
