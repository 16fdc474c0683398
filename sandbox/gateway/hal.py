"""Lists: filter, sort, page, and the envelope around them."""

import math
from collections.abc import Sequence

from aiohttp import web

from sandbox.gateway.call import Call, hal_response
from sandbox.gateway.fiql import FilterError, parse_filter
from sandbox.gateway.problems import invalid
from sandbox.gateway.resources import lookup
from sandbox.model import JsonObject

DEFAULT_SIZE = 20
MAX_SIZE = 100


def list_response(
    call: Call,
    *,
    name: str,
    items: Sequence[JsonObject],
    fields: Sequence[str],
    default_sort: str = "id:asc",
    filtered: bool = True,
    required_extra: str = "",
) -> web.Response:
    """One page of `items`, under `_embedded.<name>`.

    `fields` may be filtered and sorted by. `required_extra` is a property that the
    published schema requires without declaring it: it is there, and says nothing.
    """
    query = call.request.query
    found = list(items)
    if filtered and query.get("filter"):
        found = _filtered(found, query["filter"], fields)
    found = _sorted(found, query.get("sort") or default_sort, fields)
    size = min(_number(call, "size", default=DEFAULT_SIZE, minimum=1), MAX_SIZE)
    number = _number(call, "page", default=0, minimum=0)
    document: JsonObject = {
        "_embedded": {name: found[number * size : (number + 1) * size]},
        "_links": {"self": {"href": str(call.request.rel_url)}},
        "page": {
            "size": size,
            "number": number,
            "totalElements": len(found),
            "totalPages": math.ceil(len(found) / size),
        },
    }
    if required_extra:
        document[required_extra] = {}
    return hal_response(document)


def _filtered(
    items: list[JsonObject], text: str, fields: Sequence[str]
) -> list[JsonObject]:
    try:
        matches = parse_filter(text, fields=fields)
    except FilterError as error:
        raise invalid(
            "invalid_filter", str(error), field="filter", value=text
        ) from None
    return [item for item in items if matches(item)]


def _sorted(
    items: list[JsonObject], text: str, fields: Sequence[str]
) -> list[JsonObject]:
    field, _, direction = text.partition(":")
    if field not in fields or direction not in ("", "asc", "desc"):
        raise invalid(
            "invalid_sort",
            f"Sorting by {text} is not possible.",
            field="sort",
            value=text,
        )
    ordered = sorted(items, key=lambda item: lookup(item, field))
    # The exact reverse, so that items of the same instant turn round, too.
    return ordered[::-1] if direction == "desc" else ordered


def _number(call: Call, name: str, *, default: int, minimum: int) -> int:
    text = call.request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < minimum:
        raise invalid(
            "invalid_value",
            f"{name} must be a number from {minimum} on.",
            field=name,
            value=text,
        )
    return int(text)
