"""Sending to 8x8: one delivery, one call."""

from dataclasses import replace

from endpoints.eightbyeight.errors import (
    ConfigFault,
    EightByEightError,
    NotFound,
    Rejected,
)
from endpoints.eightbyeight.payloads import (
    MAX_ADDITIONAL_PROPERTIES,
    MAX_HISTORY_MESSAGES,
    Assignment,
    HistoryMessage,
    UserData,
)
from endpoints.eightbyeight.payloads import AuthorType as SpeakerAt8x8
from endpoints.services import client_for
from handover.delivery.results import SendResult, delivered
from handover.links import agent_assist_url
from handover.models import (
    AttemptOutcome,
    AuthorType,
    Delivery,
    DeliveryKind,
    Handover,
    Message,
)
from handover.selectors import spoken_before
from handover.states import WAITING

# Our mark on the conversation: by it a callback or a listing finds its handover.
MARK = "handoverId"

# These have no further effect when repeated.
REPEATABLE = frozenset({DeliveryKind.END, DeliveryKind.UPDATE})
# 8x8 answers the start with 202, "not done yet": its first 404s may be too early.
NEEDS_CONVERSATION = frozenset({DeliveryKind.MESSAGE, DeliveryKind.UPDATE})
PATIENCE = 3


def send(delivery: Delivery, handover: Handover) -> SendResult:
    """Make the one call that `delivery` stands for. Never raises for 8x8's answers."""
    try:
        return _call(delivery, handover)
    except NotFound as error:
        result = result_of(error, kind=DeliveryKind(delivery.kind))
        if delivery.kind in NEEDS_CONVERSATION and delivery.attempt_count <= PATIENCE:
            return replace(result, outcome=AttemptOutcome.RETRY)
        return result
    except EightByEightError as error:
        return result_of(error, kind=DeliveryKind(delivery.kind))


def result_of(error: EightByEightError, *, kind: DeliveryKind) -> SendResult:
    """Translate the library's error into what the engine does next."""
    if kind == DeliveryKind.END and isinstance(error, NotFound | Rejected):
        return delivered()  # gone or over already: what we wanted
    return SendResult(
        _outcome_of(error, kind),
        http_status=error.status,
        error=error.code[:64],
        setting=error.setting,
        retry_after_seconds=error.retry_after_seconds,
    )


def conversation_user(handover: Handover) -> UserData:
    """What the agent sees about the user; our own properties come first.

    At most 30 additional properties are allowed. Which ones go is the same every
    time: ours, the bot's, then the config's, each in its own order.
    """
    user = handover.user
    properties = {MARK: str(handover.pk), "agentAssist": agent_assist_url(handover)}
    if handover.reason_code:
        properties["handoverReason"] = handover.reason_code
    if handover.reason_text:
        properties["handoverReasonText"] = handover.reason_text
    for more in (user.get("additionalProperties") or {}, handover.json_properties):
        for key, value in more.items():
            properties.setdefault(str(key), str(value))
    return UserData(
        name=user.get("name") or "",
        user_id=handover.chat_session.user_id,
        email=user.get("email") or "",
        phone=user.get("phone") or "",
        company=user.get("company") or "",
        case_id=user.get("caseId") or "",
        language=user.get("language") or "",
        additional_properties=tuple(properties.items())[:MAX_ADDITIONAL_PROPERTIES],
    )


def conversation_history(handover: Handover) -> tuple[HistoryMessage, ...]:
    """Everything said so far, the last 200; 8x8 knows only `user` and `bot` here."""
    return tuple(
        HistoryMessage(author_type=author_at_8x8(message), text=_history_text(message))
        for message in spoken_before(handover, limit=MAX_HISTORY_MESSAGES)
        if message.text
    )


def author_at_8x8(message: Message) -> SpeakerAt8x8:
    """8x8 knows two speakers of ours: all but the user speak as the bot."""
    if message.author_type == AuthorType.USER:
        return SpeakerAt8x8.USER
    return SpeakerAt8x8.BOT


def _call(delivery: Delivery, handover: Handover) -> SendResult:
    client = client_for(handover.config)
    match delivery.kind:
        case DeliveryKind.CREATE:
            created = client.create_conversation(
                channel_id=handover.channel_id,
                user=conversation_user(handover),
                assignment=_queue(handover.queue_id),
                history=conversation_history(handover),
            )
            return delivered(conversation_id=created.conversation_id)
        case DeliveryKind.MESSAGE:
            message = delivery.carried_message
            client.send_message(
                conversation_id=handover.conversation_id,
                author_type=author_at_8x8(message),
                text=message.text,
            )
        case DeliveryKind.UPDATE:
            client.update_conversation(
                conversation_id=handover.conversation_id,
                user=conversation_user(handover),
                # Late, it would take the conversation from the agent who has it now.
                assignment=_queue(delivery.payload.get("queueId", ""))
                if handover.status in WAITING
                else None,
            )
        case DeliveryKind.END:
            # A second conversation is named; else it is the handover's own.
            client.end_conversation(
                conversation_id=delivery.payload.get("conversationId")
                or handover.conversation_id
            )
        case _:
            raise ValueError(f"{delivery.kind} does not go to 8x8")
    return delivered()


def _outcome_of(error: EightByEightError, kind: DeliveryKind) -> AttemptOutcome:
    if isinstance(error, ConfigFault):
        return AttemptOutcome.CONFIG
    if error.outcome_unknown and kind not in REPEATABLE:
        return AttemptOutcome.UNKNOWN
    return AttemptOutcome.RETRY if error.retryable else AttemptOutcome.REFUSED


def _queue(queue_id: str) -> Assignment | None:
    return Assignment(type="queue", id=queue_id) if queue_id else None


def _history_text(message: Message) -> str:
    if message.author_type == AuthorType.AGENT:
        return f"[{message.author_name or 'Agent'}] {message.text}"
    return message.text
