"""What is said in a handover."""

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from handover.botapi.answers import AcceptedMessage, MessageRefusedProblem, Transcript
from handover.botapi.bodies import NewMessage
from handover.botapi.bot_api_view import BotApiView
from handover.botapi.idempotency import idempotent
from handover.botapi.queries import TranscriptQuery
from handover.botapi.schema import IDEMPOTENCY_KEY, WITH_BODY, problems
from handover.documents import message_document
from handover.models import AuthorType, Message, MessageSource
from handover.services import post_message


class MessagesView(BotApiView):
    """`/handovers/{id}/messages`."""

    @extend_schema(
        operation_id="readTranscript",
        summary="Read the transcript with the delivery state of each message",
        parameters=[TranscriptQuery],
        responses={200: Transcript, **problems("not-found", "invalid")},
    )
    def get(self, request: Request, handover_id: UUID) -> Response:
        handover = self.handover(handover_id)
        query = self.query(TranscriptQuery)
        limit: int = query["limit"]
        said = Message.objects.filter(handover=handover, seq__gt=query["after"])
        found = list(said.order_by("seq")[: limit + 1])
        page = found[:limit]
        return Response(
            {
                "messages": [message_document(message) for message in page],
                "nextAfter": page[-1].seq if len(found) > limit else None,
            }
        )

    @extend_schema(
        operation_id="sendMessage",
        summary="Send a message of the user or the bot to the agent",
        description=(
            "A bot names the `ownerEpoch` that it knows (1 if it names none). If the "
            "conversation has changed hands since, the message is kept as suppressed, "
            "goes to nobody, and the answer is 409 `not-owner`."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=NewMessage,
        responses={
            202: OpenApiResponse(AcceptedMessage, "Stored and on its way"),
            **problems(
                *("not-found", "ended", "not-owner", *WITH_BODY),
                "idempotency-key-reused",
                s409=MessageRefusedProblem,
            ),
        },
    )
    @idempotent
    def post(self, request: Request, handover_id: UUID) -> Response:
        handover = self.handover(handover_id)
        given = self.body(NewMessage)
        message = post_message(
            handover=handover,
            author_type=AuthorType(given["authorType"]),
            text=given["text"],
            source=MessageSource.API,
            owner_epoch=given.get("ownerEpoch"),
        )
        return Response(
            {
                "id": str(message.pk),
                "seq": message.seq,
                "delivery": str(message.delivery),
            },
            status=202,
        )
