"""The callback to the bot, for the OpenAPI document."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
)

from handover.botapi.answers import Event

EVENT_EXAMPLE = OpenApiExample(
    "An agent's message",
    value={
        "type": "handover.message",
        "timestamp": "2025-01-31T09:30:00.000Z",
        "data": {
            "handoverId": "0b0f2f0e-5d7b-4c55-9f0c-3f5a6c8a4f10",
            "userId": "user-1",
            "sessionId": "session-1",
            "seq": 4,
            "message": {
                "id": "7f1f3a1e-1c84-4c0b-8a35-2a4d1f4f2c11",
                "authorType": "agent",
                "author": {"id": "agent-1", "name": "Grace"},
                "text": "Your parcel arrives tomorrow.",
                "attachments": [],
                "cards": [],
            },
        },
    },
)

EVENT_CALLBACK = OpenApiWebhook(
    "event",
    extend_schema(
        summary="An event, to the callback URL of the endpoint",
        description=(
            "Signed by the Standard Webhooks specification: headers `webhook-id`, "
            "`webhook-timestamp` and `webhook-signature`. The id stays the same "
            "when an event is sent again. Events of one handover come in order."
        ),
        tags=["events"],
        request=Event,
        examples=[EVENT_EXAMPLE],
        responses={"2XX": OpenApiResponse(description="Received, within 15 seconds")},
    ),
)
