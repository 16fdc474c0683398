"""What the end of a delivery means for its conversation.

Each function runs in the transaction that records the outcome.
"""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from handover.bots.protocol import BotOutput
from handover.delivery.announcements import (
    add_message,
    announce_undelivered,
    mark_message,
)
from handover.delivery.endings import close_remote, end_handover
from handover.delivery.results import SendResult
from handover.delivery.wakeups import wake_inbox_on_commit
from handover.models import (
    AttemptOutcome,
    AuthorType,
    CallbackEvent,
    DeadReason,
    Delivery,
    DeliveryKind,
    DeliveryState,
    DeliveryStatus,
    Direction,
    Handover,
    MessageSource,
    Verdict,
)
from handover.selectors import lock_handover, running_handover
from handover.states import EndReason, HandoverStatus

# 8x8 may take as long to show what it took on.
FIRST_LOOK_FOR_LEFTOVERS = timedelta(seconds=10)
REFUSALS_OF_OURS = {"ended": DeadReason.ENDED, "operator": DeadReason.OPERATOR}
# Waited for people to mend a setting, until it was too old: that is the reason.
WAITED_IN_VAIN = frozenset({DeadReason.CONFIG, DeadReason.CALLBACK_URL})
# What the bot and the admin read when a handover could not be started.
PLAIN_WORDS = {
    "Base URL": "The Base URL of the 8x8 config cannot be called.",
    "API Key": "8x8 refused the API key.",
    "8x8-Tenant": "8x8 refused the tenant.",
    "8x8 Channel Id": "8x8 does not know the channel.",
    "8x8 Queue Id": "8x8 does not know the queue.",
}


def delivered(delivery: Delivery, handover: Handover, result: SendResult) -> None:
    """It arrived (or was found there)."""
    match delivery.kind:
        case DeliveryKind.CREATE:
            _started_at_last(lock_handover(handover.pk), result.conversation_id)
            if delivery.attempt_count > 1:
                expect_leftovers(handover)
        case DeliveryKind.MESSAGE if delivery.message is not None:
            mark_message(delivery.message, delivery=DeliveryState.DELIVERED)
        case DeliveryKind.EVENT if delivery.event and delivery.event.message:
            mark_message(delivery.event.message, delivery=DeliveryState.DELIVERED)
        case DeliveryKind.STATUS_TURN:
            _record_outputs(lock_handover(handover.pk), result.outputs)


def given_up(
    delivery: Delivery,
    handover: Handover,
    *,
    status: DeliveryStatus,
    result: SendResult,
) -> None:
    """It will not be tried again (until somebody re-drives it)."""
    dead_reason = _dead_reason(delivery, result)
    Delivery.objects.filter(pk=delivery.pk).update(dead_reason=dead_reason)
    word = str(dead_reason) if dead_reason in WAITED_IN_VAIN else result.error
    match delivery.kind:
        case DeliveryKind.CREATE:
            end_handover(
                handover=lock_handover(handover.pk),
                to=HandoverStatus.ERROR,
                end_reason=EndReason.PROVIDER_ERROR,
                error_reason="error",
                error_message=_plain_words(result),
                remote_is_open=False,
            )
            if status == DeliveryStatus.UNKNOWN or delivery.attempt_count > 1:
                expect_leftovers(handover)
        case DeliveryKind.MESSAGE if delivery.message is not None:
            message = delivery.message
            mark_message(message, delivery=_state_of(status), reason=word)
            if message.author_type != AuthorType.SYSTEM:
                announce_undelivered(
                    handover=lock_handover(handover.pk), message=message
                )
        case DeliveryKind.EVENT if delivery.event and delivery.event.message:
            mark_message(
                delivery.event.message, delivery=_state_of(status), reason=word
            )


def withdrawn(delivery: Delivery, handover: Handover) -> None:
    """It is no longer wanted; what was tried of it may come about all the same."""
    if delivery.kind == DeliveryKind.CREATE and delivery.attempt_count:
        expect_leftovers(handover)


def expect_leftovers(handover: Handover) -> None:
    """A start may have left a conversation open at 8x8: have it looked for."""
    Handover.objects.filter(pk=handover.pk).update(
        cleanup_at=timezone.now() + FIRST_LOOK_FOR_LEFTOVERS, cleanup_looks=0
    )


def started(handover: Handover, conversation_id: str) -> None:
    """8x8 has the conversation: keep its id and wake the callbacks that came early.

    The caller holds the row lock. An id that is there already stays.
    """
    if not handover.conversation_id:
        handover.conversation_id = conversation_id
        first_look = timezone.now() + timedelta(
            seconds=settings.RECONCILE_INTERVAL_SECONDS
        )
        handover.reconcile_at = first_look if handover.is_running else None
        handover.save(update_fields=["conversation_id", "reconcile_at"])
    _wake_early_callbacks(handover.conversation_id)
    # Once more afterwards: a worker may be setting one aside just now, because it
    # cannot see this transaction yet.
    transaction.on_commit(partial(_wake_early_callbacks, handover.conversation_id))


def _started_at_last(handover: Handover, conversation_id: str) -> None:
    """It may have been given up, or ended, before: then 8x8's side is closed too.

    Whoever ended it while its start was under way has queued that already.
    """
    started(handover, conversation_id)
    to_be_ended = Delivery.objects.filter(
        mailbox__handover=handover,
        kind=DeliveryKind.END,
        status=DeliveryStatus.PENDING,
    )
    if not handover.is_running and not to_be_ended.exists():
        close_remote(handover)


def _wake_early_callbacks(conversation_id: str) -> None:
    """Callbacks that came before anybody knew whose conversation it is."""
    waiting = CallbackEvent.objects.filter(
        conversation_id=conversation_id, verdict=Verdict.WAITING
    )
    configs = set(waiting.values_list("config_id", flat=True))
    waiting.update(verdict=Verdict.PENDING)
    for config_id in configs:
        wake_inbox_on_commit(config_id, conversation_id)


def _record_outputs(handover: Handover, outputs: tuple[BotOutput, ...]) -> None:
    """What the bot said to a status: to the user, unless a human speaks now."""
    running = running_handover(chat_session_id=handover.chat_session_id)
    suppressed = running is not None and running.status == HandoverStatus.ACTIVE
    for output in outputs:
        add_message(
            chat_session=handover.chat_session,
            handover=handover if handover.is_running else None,
            author_type=AuthorType.BOT,
            source=MessageSource.BOT,
            text=output.text,
            data=output.data,
            delivery=DeliveryState.SUPPRESSED if suppressed else DeliveryState.NONE,
            delivery_reason="not-owner" if suppressed else "",
        )


def _dead_reason(delivery: Delivery, result: SendResult) -> DeadReason:
    if result.outcome == AttemptOutcome.CONFIG:
        return DeadReason.CONFIG
    if result.outcome == AttemptOutcome.REFUSED:
        return REFUSALS_OF_OURS.get(result.error, DeadReason.REFUSED)
    if not delivery.waits_for_config:
        return DeadReason.TOO_OLD
    if delivery.mailbox.direction == Direction.EIGHT_BY_EIGHT:
        return DeadReason.CONFIG
    return DeadReason.CALLBACK_URL


def _state_of(status: DeliveryStatus) -> DeliveryState:
    if status == DeliveryStatus.UNKNOWN:
        return DeliveryState.UNKNOWN
    return DeliveryState.FAILED


def _plain_words(result: SendResult) -> str:
    if result.setting in PLAIN_WORDS:
        return PLAIN_WORDS[result.setting]
    if result.http_status is not None and 400 <= result.http_status < 500:
        return f"8x8 refused the conversation (HTTP {result.http_status})."
    return "8x8 could not be reached."
