"""Pages of handovers, newest first."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError

from endpoints.models import Endpoint
from handover.models import Handover

# Query parameter -> column.
FILTERS = {
    "sessionId": "chat_session__session_id",
    "userId": "chat_session__user_id",
    "status": "status",
}


@dataclass(frozen=True)
class HandoverPage:
    """`next_cursor` is None on the last page."""

    items: list[Handover]
    next_cursor: str | None


def list_handovers(*, endpoint: Endpoint, query: Mapping[str, Any]) -> HandoverPage:
    """One page. What begins while a caller turns pages does not shift them.

    Raises ValidationError for a cursor that is none of ours.
    """
    limit: int = query["limit"]
    wanted = {FILTERS[name]: query[name] for name in FILTERS if name in query}
    rows = Handover.objects.filter(endpoint=endpoint, **wanted)
    if "cursor" in query:
        rows = _older_than(rows, query["cursor"])
    found = list(
        rows.select_related("endpoint", "config__endpoint", "chat_session").order_by(
            "-created_at", "-id"
        )[: limit + 1]
    )
    more = len(found) > limit
    return HandoverPage(found[:limit], _cursor_at(found[limit - 1]) if more else None)


def _older_than(rows: QuerySet[Handover], cursor: str) -> QuerySet[Handover]:
    try:
        moment, identifier = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        created_at, pk = datetime.fromisoformat(moment), UUID(identifier)
        if created_at.tzinfo is None:
            raise ValueError
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise ValidationError({"cursor": ["This is no cursor of ours."]}) from None
    return rows.filter(
        Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk)
    )


def _cursor_at(handover: Handover) -> str:
    place = json.dumps([handover.created_at.isoformat(), handover.pk.hex])
    return base64.urlsafe_b64encode(place.encode()).decode()
