"""Starting a handover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from endpoints.models import EightByEightConfig, Endpoint
from handover.delivery.announcements import (
    add_history,
    add_message,
    announce_status,
    say_to_user,
)
from handover.delivery.outbox import enqueue
from handover.links import agent_assist_url
from handover.models import (
    AuthorType,
    ChatSession,
    DeliveryKind,
    DeliveryState,
    Direction,
    Handover,
    Message,
    MessageSource,
)
from handover.selectors import load_handover, running_handover
from handover.services.errors import AlreadyActive, NotConfigured


@dataclass(frozen=True)
class HistoryItem:
    """One thing said before the handover; `author_type` is "user" or "bot"."""

    author_type: AuthorType
    text: str = ""
    attachments: Sequence[Any] = ()
    cards: Sequence[Any] = ()


@dataclass(frozen=True)
class HandoverRequest:
    """What a bot may say when it asks for a handover; empty means the endpoint's own.

    `user` has the API's keys: name, email, phone, company, caseId, language,
    additionalProperties.
    """

    user_id: str
    session_id: str
    user: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[HistoryItem] = ()
    reason_code: str = ""
    reason_text: str = ""
    channel_id: str = ""
    queue_id: str = ""
    json_properties: Mapping[str, str] = field(default_factory=dict)
    accepted_message: str | None = None
    send_queue_event: bool | None = None
    send_active_event: bool | None = None


def start_handover(*, endpoint: Endpoint, request: HandoverRequest) -> Handover:
    """Store a handover in status `requested` and queue its start at 8x8.

    Raises AlreadyActive (with the running one) and NotConfigured; then nothing is
    stored.
    """
    config = _config_of(endpoint, request)
    try:
        with transaction.atomic():
            handover = _create(endpoint, config, request)
            _open(handover, request)
    except IntegrityError:
        running = _running(endpoint, request)
        if running is None:
            raise
        raise AlreadyActive(running) from None
    return load_handover(handover.pk)


def find_or_create_session(
    *, endpoint: Endpoint, user_id: str, session_id: str
) -> ChatSession:
    session, _ = ChatSession.objects.get_or_create(
        endpoint=endpoint, user_id=user_id, session_id=session_id
    )
    return session


def _config_of(endpoint: Endpoint, request: HandoverRequest) -> EightByEightConfig:
    config = EightByEightConfig.objects.filter(endpoint=endpoint).first()
    if config is None or not config.base_url:
        raise NotConfigured("Base URL")
    if not config.api_key:
        raise NotConfigured("API Key")
    if not (request.channel_id or config.channel_id):
        raise NotConfigured("8x8 Channel Id")
    return config


def _running(endpoint: Endpoint, request: HandoverRequest) -> Handover | None:
    session = ChatSession.objects.filter(
        endpoint=endpoint, user_id=request.user_id, session_id=request.session_id
    ).first()
    return running_handover(chat_session_id=session.pk) if session else None


def _create(
    endpoint: Endpoint, config: EightByEightConfig, request: HandoverRequest
) -> Handover:
    handover = Handover(
        endpoint=endpoint,
        config=config,
        chat_session=find_or_create_session(
            endpoint=endpoint, user_id=request.user_id, session_id=request.session_id
        ),
        channel_id=request.channel_id or config.channel_id,
        queue_id=request.queue_id or config.queue_id,
        user=dict(request.user),
        json_properties={**config.json_properties, **request.json_properties},
        reason_code=request.reason_code,
        reason_text=request.reason_text,
        accepted_message=_chosen(
            request.accepted_message, endpoint.handover_accepted_message
        ),
        send_queue_event=_chosen(request.send_queue_event, endpoint.send_queue_event),
        send_active_event=_chosen(
            request.send_active_event, endpoint.send_active_event
        ),
    )
    handover.save(force_insert=True)
    return handover


def _open(handover: Handover, request: HandoverRequest) -> None:
    """Write the beginning: history, the call to 8x8, the agent's link, the greeting."""
    add_history(
        handover,
        [
            Message(
                author_type=item.author_type,
                text=item.text,
                attachments=list(item.attachments),
                cards=list(item.cards),
            )
            for item in request.history
        ],
    )
    enqueue(
        handover=handover, direction=Direction.EIGHT_BY_EIGHT, kind=DeliveryKind.CREATE
    )
    announce_status(handover)
    _send_agent_assist_link(handover)
    if handover.accepted_message:
        say_to_user(
            handover=handover,
            text=handover.accepted_message,
            data=cancel_button(handover.endpoint),
        )


def cancel_button(endpoint: Endpoint) -> dict[str, Any] | None:
    """A quick reply that gives up waiting, where the endpoint names one."""
    if not endpoint.cancel_button_text:
        return None
    payload = endpoint.cancel_intent or endpoint.cancel_button_text
    return {
        "quickReplies": [{"title": endpoint.cancel_button_text, "payload": payload}]
    }


def _send_agent_assist_link(handover: Handover) -> Message:
    message = add_message(
        chat_session=handover.chat_session,
        handover=handover,
        author_type=AuthorType.SYSTEM,
        source=MessageSource.BRIDGE,
        text=f"Agent Assist: {agent_assist_url(handover)}",
        for_agent_only=True,
        delivery=DeliveryState.PENDING,
    )
    enqueue(
        handover=handover,
        direction=Direction.EIGHT_BY_EIGHT,
        kind=DeliveryKind.MESSAGE,
        message=message,
    )
    return message


def _chosen(given: Any, default: Any) -> Any:
    return default if given is None else given
