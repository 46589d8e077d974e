"""Entity tags of versioned answers, and the conditions of requests that name them (RFC 9110 §8.8.3, §13.1).

A tag is `"<version>-<digest>"`. The version counts the clients' changes. The digest covers the whole answer, including
the states of jobs, which change by themselves. So the tag is strong, as If-Match requires, and differs for any two
different answers: a 304 never hides that a mail has gone out meanwhile.

If-Match compares the version alone. Its purpose is that two devices do not overwrite each other's changes (§13.1.1),
and no client changes a job. If it compared the whole tag, it would fail whenever a mail had gone out in between, which
is usual in the first second after a booking. A weak tag counts, too: a compressing proxy makes ours weak (nginx does),
and the version in it is still true.

aiohttp's `request.if_match` is not used: it reads one header line of several, and takes the beginning of a malformed
list for the whole.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from aiohttp import web

from api_service.web.payloads import AnswerT, JsonResponse, json_answer, json_bytes
from api_service.web.problems import FieldFault, Problem, invalid

ETAG: Final = {"ETag": "Of this answer; its version is what If-Match looks at."}
"""For OpenAPI: the header of a versioned answer."""
IF_MATCH: Final = {"If-Match": "The ETag that the caller has seen; an older version answers 412."}
"""For OpenAPI: the header of a request that changes such an answer."""

_TAG: Final = r'(?:W/)?"[^\x00-\x20"\x7f]*"'
# one element of a list, which may be empty (§5.6.1.2); read one by one, since a tag may contain commas
_ELEMENT: Final = re.compile(rf"[ \t]*(?:({_TAG})[ \t]*)?(?:,|\Z)")


@dataclass(frozen=True, slots=True)
class EntityTags:
    """The tags in a condition, or `*`."""

    tags: tuple[str, ...]
    any: bool = False

    @classmethod
    def of_version(cls, version: int) -> Self:
        """The condition that names one version, in whatever answer it was shown."""
        return cls((f'"{version}-"',))

    def name_version(self, version: int) -> bool:
        """Compares versions only, of weak and strong tags (docs/decisions/0009)."""
        return self.any or any(_version(tag) == str(version) for tag in self.tags)

    def name(self, tag: str) -> bool:
        """Compares whole tags weakly."""
        return self.any or tag in (each.removeprefix("W/") for each in self.tags)


def entity_tag(version: int, content: bytes) -> str:
    """The strong tag of an answer."""
    return f'"{version}-{hashlib.blake2b(content, digest_size=8).hexdigest()}"'


def condition_in(request: web.Request, header: str) -> EntityTags | None:
    """The tags in If-Match or If-None-Match; None when the request has no such header. Raises Problem 422."""
    lines = request.headers.getall(header, [])
    if not lines:
        return None
    text = ",".join(lines).strip()
    if text == "*":
        return EntityTags((), any=True)
    tags = _tags(text)
    if not tags:
        raise malformed(header)
    return EntityTags(tags)


def malformed(header: str) -> Problem:
    return invalid(FieldFault(header, 'must be * or a list of entity tags such as "1-2f0c6f1e5a9b7d43"'))


def versioned(value: AnswerT, version: int, headers: Mapping[str, str] | None = None) -> JsonResponse[AnswerT]:
    """A JSON answer with its entity tag."""
    content = json_bytes(value)
    return json_answer(content, headers={"ETag": entity_tag(version, content), **(headers or {})})


def unless_known(request: web.Request, response: JsonResponse[AnswerT]) -> JsonResponse[AnswerT]:
    """The answer to a GET; or 304 without content when If-None-Match names its tag. Raises Problem 422."""
    known = condition_in(request, "If-None-Match")
    if known is None or not known.name(response.headers["ETag"]):
        return response
    kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
    return JsonResponse(status=304, headers=kept)


def _tags(text: str) -> tuple[str, ...]:
    """The tags of a list; none when the list is malformed."""
    tags, place = [], 0
    while place < len(text):
        found = _ELEMENT.match(text, place)
        if found is None:
            return ()
        if found[1]:
            tags.append(found[1])
        place = found.end()
    return tuple(tags)


def _version(tag: str) -> str | None:
    """The version in a tag of ours."""
    version, dash, _ = tag.removeprefix("W/").strip('"').partition("-")
    return version if dash else None
