"""Words for states that do not get any further by themselves."""

from django.db import models


class StuckReason(models.TextChoices):
    """What is stuck; each has its own way out."""

    START_NOT_QUEUED = "start_not_queued", "requested, and nobody will start it"
    NEVER_COMPARED = "never_compared", "running, and never compared with 8x8"
    NOT_COMPARABLE = "not_comparable", "cannot be compared with 8x8"
    LEFT_OPEN = "left_open", "ended here, and perhaps still open at 8x8"
    MAILBOX_ASLEEP = "mailbox_asleep", "something to send, and no time set for it"
    INBOX_STALLED = "inbox_stalled", "events to process, and nobody does"
    LEASE_EXPIRED = "lease_expired", "held by a worker that is gone"
    EVENT_NOT_MATCHED = "event_not_matched", "waits, although its conversation is known"
    EVENT_FAILED = "event_failed", "an event that could not be processed"
    WAITS_FOR_CONFIG = "waits_for_config", "waits until the 8x8 config works"
    WAITS_FOR_CALLBACK_URL = "waits_for_callback_url", "waits for the callback URL"
    ORPHAN_EVENT = "orphan_event", "an event of no conversation of ours"


class LookTrouble(models.TextChoices):
    """Why a handover could not be compared with 8x8."""

    RATE = "rate", "no room in the rate of its API Key"
    HELD = "held", "8x8 has asked for quiet"
    CONFIG = "config", "8x8 refuses the config"
    UNREACHABLE = "unreachable", "8x8 cannot be reached"
    SERVER = "server", "8x8 is in trouble"
    ANSWER = "answer", "8x8's answer cannot be understood"
    REFUSED = "refused", "8x8 refuses the question"


class DeadReason(models.TextChoices):
    """Why a delivery was given up."""

    REFUSED = "refused", "the receiver refused it"
    TOO_OLD = "too_old", "it could not be delivered in time"
    CONFIG = "config", "the 8x8 config did not work in time"
    CALLBACK_URL = "callback_url", "the callback URL stayed switched off"
    ENDED = "ended", "the conversation was over"
    OPERATOR = "operator", "an operator gave it up"


class OrphanReason(models.TextChoices):
    """Why an event found no conversation of ours."""

    NOT_OURS = "not_ours", "not a conversation that we started"
    UNKNOWN_MARK = "unknown_mark", "carries our mark of a handover that is not here"
    OTHER_ACCOUNT = "other_account", "of a conversation of another 8x8 account"
    SECOND_CONVERSATION = (
        "second_conversation",
        "of a second conversation of a handover that has one",
    )
    ENDPOINT_DISABLED = "endpoint_disabled", "its endpoint is switched off"
