"""The outbox engine: the only place that sends anything to anyone.

A mailbox is drained by one worker at a time, oldest first. An attempt is charged
and committed before the call; no transaction is open while it runs; a call whose
outcome is unknown is asked about, never blindly repeated. The calendar of retries
is in the table, so a lost worker, broker or wake-up costs time and nothing else.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from endpoints.prepared import PreparedSelect
from endpoints.services import clear_config_failing, hold_config, mark_config_failing
from handover import stopping
from handover.delivery import leases, to_bot, to_callback, to_eightbyeight
from handover.delivery.attempts import charge, close_interrupted, finish, postpone
from handover.delivery.backoff import next_delay
from handover.delivery.gates import age_limit, not_yet
from handover.delivery.results import SendResult
from handover.delivery.unknown import ask
from handover.delivery.wakeups import DRAIN_MAILBOX, wake
from handover.models import (
    AttemptOutcome,
    Delivery,
    DeliveryAttempt,
    DeliveryKind,
    DeliveryStatus,
    Direction,
    Handover,
    Mailbox,
)
from handover.selectors import load_handover

logger = logging.getLogger(__name__)

# After so many deliveries a worker lets others have their turn.
BATCH = 50
SENDERS = {
    Direction.EIGHT_BY_EIGHT: to_eightbyeight.send,
    Direction.CALLBACK: to_callback.send,
    Direction.BOT: to_bot.send,
}
# Calls that must not happen twice and can be asked about.
ASKABLE = frozenset({DeliveryKind.CREATE, DeliveryKind.MESSAGE})
ASK_AGAIN = timedelta(seconds=2)


_oldest_pending = PreparedSelect(
    lambda mailbox_id: (
        Delivery.objects.filter(mailbox_id=mailbox_id, status=DeliveryStatus.PENDING)
        .select_related("mailbox", "message", "event__message")
        .order_by("id")[:1]
    ),
    1001,
)


class LeaseLost(Exception):
    """Another worker has the mailbox now, or the delivery was withdrawn."""


def drain(mailbox_id: int) -> None:
    """Send what is due in one mailbox, unless another worker is at it."""
    owner = leases.new_owner()
    if not leases.claim_or_mark(Mailbox, mailbox_id, owner):
        return
    while True:
        try:
            due_at = _send_due(mailbox_id, owner)
        except LeaseLost:
            if not leases.renew(Mailbox, mailbox_id, owner):
                return
            continue
        if leases.release(Mailbox, mailbox_id, owner, due_at=due_at):
            if due_at is not None and due_at <= timezone.now():
                wake(DRAIN_MAILBOX, mailbox_id)
            return
        if not leases.renew(Mailbox, mailbox_id, owner):
            return


def _send_due(mailbox_id: int, owner: str) -> datetime | None:
    """Send until nothing is due; when there is next something to do."""
    for _ in range(BATCH):
        if stopping.is_asked():
            break
        delivery = _head(mailbox_id)
        if delivery is None:
            return None
        if delivery.next_attempt_at > timezone.now():
            return delivery.next_attempt_at
        _step(delivery, load_handover(delivery.mailbox.handover_id), owner)
    return timezone.now()


def _head(mailbox_id: int) -> Delivery | None:
    """The oldest unfinished delivery: the only one that may be sent."""
    return _oldest_pending.first(mailbox_id)


def _step(delivery: Delivery, handover: Handover, owner: str) -> None:
    """Bring one delivery one step further: wait, ask, send, or give up."""
    if delivery.attempt_count:
        # Whoever lost the mailbox must not end the call of its successor.
        if not leases.renew(Mailbox, delivery.mailbox_id, owner):
            raise LeaseLost
        if close_interrupted(delivery):
            _note_interrupted(delivery)
    if _is_pointless(delivery, handover):
        _drop(delivery, handover)
        return
    if delivery.attempt_count and _is_too_old(delivery):
        _last_look(delivery, handover)
        return
    wait = not_yet(delivery, handover)
    if wait is not None:
        if _is_too_old(delivery):
            _last_look(delivery, handover)
            return
        postpone(
            delivery,
            SendResult(AttemptOutcome.RETRY, error=delivery.last_error),
            attempt=None,
            until=min(wait.until, delivery.driven_at + age_limit(delivery)),
            unknown_since=delivery.unknown_since,
            waits_for_config=wait.waits_for_config,
        )
        return
    if delivery.unknown_since is not None:
        if not _settle_unknown(delivery, handover, since=delivery.unknown_since):
            return
        delivery.unknown_since = None
        if _is_pointless(delivery, handover):
            _drop(delivery, handover)
            return
    attempt = charge(delivery, owner)
    if attempt is None:
        raise LeaseLost
    _record(delivery, handover, attempt, _call(delivery, handover))


def _call(delivery: Delivery, handover: Handover) -> SendResult:
    try:
        return SENDERS[Direction(delivery.mailbox.direction)](delivery, handover)
    except Exception:
        # A fault of ours: the message stays, in order, and is tried again.
        logger.exception("delivery %s: fault while sending", delivery.pk)
        askable = delivery.kind in ASKABLE
        return SendResult(
            AttemptOutcome.UNKNOWN if askable else AttemptOutcome.RETRY,
            error="internal",
        )


def _record(
    delivery: Delivery, handover: Handover, attempt: DeliveryAttempt, result: SendResult
) -> None:
    """Write down what a call came to, and what happens next."""
    logger.info(
        "delivery %s %s attempt %s: %s %s",
        delivery.pk,
        delivery.kind,
        attempt.number,
        result.outcome,
        result.error,
    )
    match result.outcome:
        case AttemptOutcome.DELIVERED:
            _note_config_works(delivery, handover)
            finish(
                delivery,
                handover,
                result,
                attempt=attempt,
                status=DeliveryStatus.DELIVERED,
            )
        case AttemptOutcome.REFUSED:
            if not result.setting:
                _note_config_works(delivery, handover)
            finish(
                delivery, handover, result, attempt=attempt, status=DeliveryStatus.DEAD
            )
        case AttemptOutcome.CONFIG:
            _config_fault(delivery, handover, attempt, result)
        case _:
            _try_later(delivery, handover, attempt, result)


def _try_later(
    delivery: Delivery,
    handover: Handover,
    attempt: DeliveryAttempt,
    result: SendResult,
) -> None:
    if _is_too_old(delivery):
        _give_up(delivery, handover, result, attempt)
        return
    now = timezone.now()
    delay = next_delay(delivery.attempt_count, result.retry_after_seconds)
    unknown = result.outcome == AttemptOutcome.UNKNOWN
    if result.http_status == 429 and _goes_to_8x8(delivery):
        hold_config(handover.config, until=now + delay)
    postpone(
        delivery,
        result,
        attempt=attempt,
        until=min(now + delay, _last_moment(delivery, now)),
        unknown_since=(delivery.unknown_since or now) if unknown else None,
    )


def _config_fault(
    delivery: Delivery,
    handover: Handover,
    attempt: DeliveryAttempt,
    result: SendResult,
) -> None:
    """The config is wrong, not the message: it waits until somebody mends it.

    Only the start of a handover does not wait: the user is told the truth now.
    """
    mark_config_failing(
        handover.config,
        setting=result.setting,
        reason=result.error,
        now=timezone.now(),
    )
    if delivery.kind == DeliveryKind.CREATE:
        finish(delivery, handover, result, attempt=attempt, status=DeliveryStatus.DEAD)
        return
    postpone(
        delivery,
        result,
        attempt=attempt,
        until=handover.config.next_probe_at or timezone.now(),
        unknown_since=None,
        waits_for_config=True,
    )


def _settle_unknown(delivery: Delivery, handover: Handover, *, since: datetime) -> bool:
    """Ask whether the last call happened; True if it did not and may be repeated."""
    result = ask(delivery, handover)
    if result is None:
        settled = since + timedelta(seconds=settings.UNKNOWN_SETTLE_SECONDS)
        if timezone.now() >= settled:
            return True
        # 8x8 answers 202 before it is done: not there yet is not never.
        postpone(
            delivery,
            SendResult(AttemptOutcome.UNKNOWN, error="settling"),
            attempt=None,
            until=min(settled, timezone.now() + ASK_AGAIN),
            unknown_since=delivery.unknown_since,
        )
        return False
    if result.outcome == AttemptOutcome.FOUND:
        logger.info("delivery %s: found at 8x8, not repeated", delivery.pk)
        finish(
            delivery, handover, result, attempt=None, status=DeliveryStatus.DELIVERED
        )
        return False
    if result.outcome == AttemptOutcome.CONFIG:
        mark_config_failing(
            handover.config,
            setting=result.setting,
            reason=result.error,
            now=timezone.now(),
        )
    now = timezone.now()
    delay = next_delay(delivery.attempt_count, result.retry_after_seconds)
    if result.http_status == 429:
        hold_config(handover.config, until=now + delay)
    postpone(
        delivery,
        result,
        attempt=None,
        until=min(now + max(ASK_AGAIN, delay), _last_moment(delivery, now)),
        unknown_since=delivery.unknown_since,
    )
    return False


def _note_config_works(delivery: Delivery, handover: Handover) -> None:
    """8x8 took the key, even if only to refuse what was asked with it."""
    if handover.config.failing_since and _goes_to_8x8(delivery):
        clear_config_failing(handover.config)


def _note_interrupted(delivery: Delivery) -> None:
    """A worker died in the middle of a call: what came of it is unknown."""
    logger.warning("delivery %s: its worker died during a call", delivery.pk)
    if delivery.kind in ASKABLE:
        # Anew, if it was unknown before: this call may still be on its way.
        delivery.unknown_since = timezone.now()
        Delivery.objects.filter(pk=delivery.pk).update(
            unknown_since=delivery.unknown_since
        )


def _drop(delivery: Delivery, handover: Handover) -> None:
    """Nobody can receive it any more: say so about a message, forget the rest."""
    is_message = delivery.kind == DeliveryKind.MESSAGE
    finish(
        delivery,
        handover,
        SendResult(AttemptOutcome.REFUSED, error="ended"),
        attempt=None,
        status=DeliveryStatus.DEAD if is_message else DeliveryStatus.CANCELLED,
    )


def _last_look(delivery: Delivery, handover: Handover) -> None:
    """Too old to try again; if it may have happened, ask once more before giving up."""
    result = ask(delivery, handover) if delivery.unknown_since is not None else None
    if result is not None and result.outcome == AttemptOutcome.FOUND:
        finish(
            delivery, handover, result, attempt=None, status=DeliveryStatus.DELIVERED
        )
        return
    last = SendResult(AttemptOutcome.RETRY, error=delivery.last_error)
    _give_up(delivery, handover, last, None)


def _give_up(
    delivery: Delivery,
    handover: Handover,
    result: SendResult,
    attempt: DeliveryAttempt | None,
) -> None:
    unknown = (
        delivery.unknown_since is not None or result.outcome == AttemptOutcome.UNKNOWN
    )
    status = DeliveryStatus.UNKNOWN if unknown else DeliveryStatus.DEAD
    logger.warning("delivery %s: given up as %s", delivery.pk, status)
    finish(delivery, handover, result, attempt=attempt, status=status)


def _is_pointless(delivery: Delivery, handover: Handover) -> bool:
    """Whether the conversation it was for is gone, or never came about."""
    if not _goes_to_8x8(delivery):
        return False
    if delivery.kind == DeliveryKind.CREATE:
        return not handover.is_running and delivery.unknown_since is None
    return not handover.conversation_id and not handover.is_running


def _is_too_old(delivery: Delivery) -> bool:
    return timezone.now() - delivery.driven_at >= age_limit(delivery)


def _last_moment(delivery: Delivery, now: datetime) -> datetime:
    """When it is too old, however long 8x8 asks us to wait."""
    return max(delivery.driven_at + age_limit(delivery), now)


def _goes_to_8x8(delivery: Delivery) -> bool:
    return delivery.mailbox.direction == Direction.EIGHT_BY_EIGHT
