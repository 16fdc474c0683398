"""Starting, reading, changing and ending handovers."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from handover.botapi.answers import AlreadyActiveProblem, HandoverAnswer, HandoverList
from handover.botapi.bodies import HandoverChange, HandoverWish
from handover.botapi.bot_api_view import BotApiView
from handover.botapi.idempotency import idempotent
from handover.botapi.listing import list_handovers
from handover.botapi.queries import HandoverQuery
from handover.botapi.schema import IDEMPOTENCY_KEY, WITH_BODY, problems
from handover.documents import handover_document
from handover.services import (
    cancel_handover,
    close_handover,
    start_handover,
    update_handover,
)
from handover.services.wishes import request_from_wish

WISH_EXAMPLE = OpenApiExample(
    "A handover with history",
    value={
        "userId": "user-1",
        "sessionId": "session-1",
        "user": {"name": "Ada", "email": "ada@example.com"},
        "history": [
            {"authorType": "user", "text": "Where is my parcel?"},
            {"authorType": "bot", "text": "I do not know. Shall I ask a colleague?"},
        ],
        "reason": {"code": "parcel", "text": "Asks for a parcel"},
    },
    request_only=True,
)


class HandoversView(BotApiView):
    """`/handovers`."""

    @extend_schema(
        operation_id="listHandovers",
        summary="List handovers, newest first",
        parameters=[HandoverQuery],
        responses={200: HandoverList, **problems("invalid")},
    )
    def get(self, request: Request) -> Response:
        page = list_handovers(endpoint=self.endpoint, query=self.query(HandoverQuery))
        return Response(
            {
                "items": [handover_document(handover) for handover in page.items],
                "nextCursor": page.next_cursor,
            }
        )

    @extend_schema(
        operation_id="startHandover",
        summary="Hand a conversation over to the contact center",
        description=(
            "Stores the handover; 8x8 is called in the background. Only `userId` and "
            "`sessionId` are required; what is left out is the endpoint's own setting. "
            "Of a long history the last 200 messages go to 8x8."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=HandoverWish,
        examples=[WISH_EXAMPLE],
        responses={
            201: OpenApiResponse(HandoverAnswer, "Stored, with status `requested`"),
            **problems(
                "already-active",
                *WITH_BODY,
                *("not-configured", "closed", "no-agents", "idempotency-key-reused"),
                s409=AlreadyActiveProblem,
            ),
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.body(HandoverWish)
        handover = start_handover(
            endpoint=self.endpoint,
            request=request_from_wish(
                wish, user_id=wish["userId"], session_id=wish["sessionId"]
            ),
        )
        return Response(handover_document(handover), status=201)


class HandoverView(BotApiView):
    """`/handovers/{id}`."""

    @extend_schema(
        operation_id="readHandover",
        summary="Read a handover",
        responses={200: HandoverAnswer, **problems("not-found")},
    )
    def get(self, request: Request, handover_id: UUID) -> Response:
        return Response(handover_document(self.handover(handover_id)))

    @extend_schema(
        operation_id="changeHandover",
        summary="Change what the agent sees, or the queue while waiting",
        description="`user` is merged over what is known; an empty text clears.",
        request=HandoverChange,
        responses={
            200: HandoverAnswer,
            **problems("not-found", "ended", "not-waiting", *WITH_BODY),
        },
    )
    def patch(self, request: Request, handover_id: UUID) -> Response:
        handover = self.handover(handover_id)
        change = self.body(HandoverChange)
        changed = update_handover(
            handover=handover,
            user=change.get("user"),
            queue_id=change.get("queueId") or None,
        )
        return Response(handover_document(changed))


class CancelView(BotApiView):
    """`/handovers/{id}/cancel`."""

    @extend_schema(
        operation_id="cancelHandover",
        summary="The user gives up waiting",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: HandoverAnswer,
            **problems("not-found", "ended", "not-waiting", "idempotency-key-reused"),
        },
    )
    @idempotent
    def post(self, request: Request, handover_id: UUID) -> Response:
        ended = cancel_handover(handover=self.handover(handover_id))
        return Response(handover_document(ended))


class CloseView(BotApiView):
    """`/handovers/{id}/close`."""

    @extend_schema(
        operation_id="closeHandover",
        summary="The bot ends it, whoever has the conversation",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: HandoverAnswer,
            **problems("not-found", "ended", "idempotency-key-reused"),
        },
    )
    @idempotent
    def post(self, request: Request, handover_id: UUID) -> Response:
        ended = close_handover(handover=self.handover(handover_id))
        return Response(handover_document(ended))
