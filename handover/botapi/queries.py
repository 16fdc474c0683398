"""Query parameters. An empty one counts as not given."""

from typing import Any

from rest_framework import serializers

from handover.botapi.bodies import MAX_ID_LENGTH, MAX_INTEGER
from handover.botapi.fields import Text
from handover.states import HandoverStatus

MAX_WAIT_SECONDS = 60.0


class HandoverQuery(serializers.Serializer[Any]):
    """`GET /handovers`."""

    sessionId = Text(required=False, max_length=MAX_ID_LENGTH)
    userId = Text(required=False, max_length=MAX_ID_LENGTH)
    status = serializers.ChoiceField(choices=HandoverStatus.values, required=False)
    cursor = Text(required=False, max_length=200, help_text="`nextCursor` of a page.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)


class TranscriptQuery(serializers.Serializer[Any]):
    """`GET /handovers/{id}/messages`."""

    after = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_INTEGER, help_text="A message's `seq`."
    )
    limit = serializers.IntegerField(default=200, min_value=1, max_value=1000)


class EventsQuery(serializers.Serializer[Any]):
    """`GET /handovers/{id}/events`."""

    after = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_INTEGER, help_text="An event's `seq`."
    )
    wait = serializers.FloatField(
        default=0.0,
        min_value=0.0,
        max_value=MAX_WAIT_SECONDS,
        help_text="Seconds to wait for an event when there is none yet.",
    )
