"""Polls for events that reach the `web` process; waiting is the `live` process's."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from handover.botapi.answers import EventList
from handover.botapi.bot_api_view import BotApiView
from handover.botapi.event_reading import (
    EVENT_STREAM,
    events_answer,
    wants_event_stream,
)
from handover.botapi.queries import EventsQuery
from handover.botapi.refusals import ApiRefusal
from handover.botapi.schema import problems

LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    int,
    OpenApiParameter.HEADER,
    description="Of a stream: go on after this event.",
)


class EventsView(BotApiView):
    """`/handovers/{id}/events` without waiting."""

    @extend_schema(
        operation_id="readEvents",
        summary="Read events: by poll, long poll or live stream",
        description=(
            "With `wait` the answer comes as soon as there is an event. With "
            f"`Accept: {EVENT_STREAM}` the answer is a stream of server-sent events: "
            "`id` is the `seq`, `event` the type, `data` the event."
        ),
        parameters=[EventsQuery, LAST_EVENT_ID],
        responses={
            (200, "application/json"): OpenApiResponse(EventList, "The next events"),
            (200, EVENT_STREAM): OpenApiResponse(str, "The next events"),
            **problems("not-found", "not-acceptable", "invalid"),
        },
    )
    def get(self, request: Request, handover_id: UUID) -> Response:
        if wants_event_stream(request):
            raise ApiRefusal(
                "not-acceptable", "This server has no streams. Ask for JSON."
            )
        handover = self.handover(handover_id)
        query = self.query(EventsQuery)
        return Response(events_answer(handover.pk, query["after"]))
