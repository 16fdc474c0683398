"""The forms of answers, for the OpenAPI document; `handover.documents` makes them.

A field may be called `data` or `source` although serializers have attributes of that
name: DRF keeps declared fields apart from them.
"""

from typing import Any

from rest_framework import serializers

from handover.botapi.schema import ProblemAnswer
from handover.models import AuthorType, DeliveryState, MessageSource
from handover.states import EndReason, HandoverStatus

EVENT_TYPES = [
    "handover.status",
    "handover.message",
    "handover.typing",
    "handover.activity",
    "handover.transferred",
    "handover.inactivity",
    "handover.delivery",
]


class Named(serializers.Serializer[Any]):
    """A queue or a person of the contact center."""

    id = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class Author(serializers.Serializer[Any]):
    """Who said it; both empty for the user and the bot."""

    id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class HandoverError(serializers.Serializer[Any]):
    """Why a handover ended in `error`."""

    reason = serializers.ChoiceField(choices=["error", "unsupported"])
    message = serializers.CharField()


class HandoverAnswer(serializers.Serializer[Any]):
    """One time that a conversation is given to the contact center."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=HandoverStatus.values)
    endReason = serializers.ChoiceField(choices=EndReason.values, allow_null=True)
    error = HandoverError(allow_null=True)
    userId = serializers.CharField()
    sessionId = serializers.CharField()
    conversationId = serializers.CharField(allow_null=True)
    queue = Named(allow_null=True)
    agent = Named(allow_null=True)
    agentAssistUrl = serializers.URLField()
    ownerEpoch = serializers.IntegerField(min_value=1)
    lastSeq = serializers.IntegerField(min_value=0)
    createdAt = serializers.DateTimeField()
    queuedAt = serializers.DateTimeField(allow_null=True)
    activeAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)

    class Meta:
        ref_name = "Handover"


class HandoverList(serializers.Serializer[Any]):
    """One page, newest first."""

    items = HandoverAnswer(many=True)
    nextCursor = serializers.CharField(allow_null=True)


class AcceptedMessage(serializers.Serializer[Any]):
    """Stored; it goes to 8x8 behind all earlier ones."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=1)
    delivery = serializers.ChoiceField(choices=DeliveryState.values)


class TranscriptMessage(AcceptedMessage):
    """One line of the transcript, with what became of it."""

    authorType = serializers.ChoiceField(choices=AuthorType.values)
    author = Author()
    text = serializers.CharField(allow_blank=True)
    data = serializers.JSONField()  # type: ignore[assignment]
    attachments = serializers.ListField(child=serializers.JSONField())
    cards = serializers.ListField(child=serializers.JSONField())
    deliveryReason = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=MessageSource.values
    )
    createdAt = serializers.DateTimeField()


class Transcript(serializers.Serializer[Any]):
    """In order. `nextAfter` is the `after` of the next page; null on the last."""

    messages = TranscriptMessage(many=True)
    nextAfter = serializers.IntegerField(allow_null=True)


class RelayedMessage(serializers.Serializer[Any]):
    """What the agent, or this bridge, says to the user."""

    id = serializers.UUIDField()
    authorType = serializers.ChoiceField(choices=["agent", "system"])
    author = Author()
    text = serializers.CharField(allow_blank=True)
    attachments = serializers.ListField(child=serializers.JSONField())
    cards = serializers.ListField(child=serializers.JSONField())


class EventData(serializers.Serializer[Any]):
    """The common part, and what an event of its type has besides."""

    handoverId = serializers.UUIDField()
    userId = serializers.CharField()
    sessionId = serializers.CharField()
    seq = serializers.IntegerField(min_value=1)
    handover = HandoverAnswer(required=False)
    message = RelayedMessage(required=False)
    typing = serializers.BooleanField(required=False)
    name = serializers.CharField(required=False)
    value = serializers.JSONField(required=False)
    queue = Named(required=False)
    inactivityCount = serializers.IntegerField(required=False)
    messageId = serializers.UUIDField(required=False)
    delivery = serializers.ChoiceField(choices=DeliveryState.values, required=False)
    reason = serializers.CharField(required=False, allow_blank=True)


class Event(serializers.Serializer[Any]):
    """The same by callback, by list and by stream."""

    type = serializers.ChoiceField(choices=EVENT_TYPES)
    timestamp = serializers.DateTimeField()
    data = EventData()  # type: ignore[assignment]


class EventList(serializers.Serializer[Any]):
    """`lastSeq` is what to send as `after` next time."""

    events = Event(many=True)
    lastSeq = serializers.IntegerField(min_value=0)


class AlreadyActiveProblem(ProblemAnswer):
    """409 `already-active`: the handover that runs."""

    handover = HandoverAnswer()

    class Meta:
        ref_name = "AlreadyActiveProblem"


class SuppressedMessage(serializers.Serializer[Any]):
    """What a bot said that did not have the conversation: kept, sent to nobody."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=1)
    delivery = serializers.ChoiceField(choices=[DeliveryState.SUPPRESSED.value])


class MessageRefusedProblem(ProblemAnswer):
    """409: `ended`, or `not-owner` with the epoch that would be right."""

    ownerEpoch = serializers.IntegerField(required=False, min_value=1)
    message = SuppressedMessage(required=False)

    class Meta:
        ref_name = "MessageRefusedProblem"
