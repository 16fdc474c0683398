"""Bodies that bots send. Names on the wire are the names here; others are ignored."""

from typing import Any

from rest_framework import serializers

from handover.botapi.fields import (
    NotYet,
    Objects,
    OptionalEmail,
    OptionalFlag,
    OptionalText,
    Text,
    TextProperties,
)
from handover.models import AuthorType

MAX_ID_LENGTH = 256
MAX_TEXT_LENGTH = 10_000
MAX_HISTORY_ITEMS = 1000
MAX_CONTENT_OBJECTS = 20
MAX_8X8_ID_LENGTH = 128
MAX_INTEGER = 2**31 - 1

SPEAKERS = [AuthorType.USER.value, AuthorType.BOT.value]


class User(serializers.Serializer[Any]):
    """What the agent sees of the user."""

    name = OptionalText(max_length=256)
    email = OptionalEmail(max_length=254)
    phone = OptionalText(max_length=64)
    company = OptionalText(max_length=256)
    caseId = OptionalText(max_length=256)
    language = OptionalText(max_length=64)
    additionalProperties = TextProperties()


class HistoryItem(serializers.Serializer[Any]):
    """One thing said before the handover."""

    authorType = serializers.ChoiceField(choices=SPEAKERS)
    text = OptionalText(max_length=MAX_TEXT_LENGTH)
    attachments = Objects(max_length=MAX_CONTENT_OBJECTS)
    cards = Objects(max_length=MAX_CONTENT_OBJECTS)


class Reason(serializers.Serializer[Any]):
    """Why the bot hands over."""

    code = OptionalText(max_length=64)
    text = OptionalText(max_length=2000)


class HandoverWish(serializers.Serializer[Any]):
    """`POST /handovers`. Absent, null or empty means the endpoint's own setting."""

    userId = Text(max_length=MAX_ID_LENGTH)
    sessionId = Text(max_length=MAX_ID_LENGTH)
    user = User(required=False, allow_null=True)
    history: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=HistoryItem(),
        required=False,
        allow_null=True,
        max_length=MAX_HISTORY_ITEMS,
    )
    reason = Reason(required=False, allow_null=True)
    channelId = OptionalText(max_length=MAX_8X8_ID_LENGTH)
    queueId = OptionalText(max_length=MAX_8X8_ID_LENGTH)
    jsonProperties = TextProperties()
    acceptedMessage = OptionalText(max_length=MAX_TEXT_LENGTH)
    sendQueueEvent = OptionalFlag()
    sendActiveEvent = OptionalFlag()


class HandoverChange(serializers.Serializer[Any]):
    """`PATCH /handovers/{id}`: at least one of the two."""

    user = User(required=False, allow_null=True)
    queueId = OptionalText(max_length=MAX_8X8_ID_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("user") and not attrs.get("queueId"):
            raise serializers.ValidationError("Give user, queueId or both.")
        return attrs


class NewMessage(serializers.Serializer[Any]):
    """`POST /handovers/{id}/messages`."""

    authorType = serializers.ChoiceField(choices=SPEAKERS)
    text = Text(max_length=MAX_TEXT_LENGTH)
    ownerEpoch = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_INTEGER
    )
    attachments = NotYet()
    cards = NotYet()
