"""Stuck states as an operator reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from handover.admin.moments import clock_text
from handover.models import StuckReason
from handover.stuck import AUTOMATIC, Stuck

# What the button does, in the operator's words.
WAYS_OUT = {
    StuckReason.START_NOT_QUEUED: "End it with an error",
    StuckReason.NEVER_COMPARED: "Compare now",
    StuckReason.NOT_COMPARABLE: "Compare now",
    StuckReason.LEFT_OPEN: "End it at 8x8 again",
    StuckReason.MAILBOX_ASLEEP: "Wake",
    StuckReason.INBOX_STALLED: "Wake",
    StuckReason.LEASE_EXPIRED: "Free",
    StuckReason.EVENT_NOT_MATCHED: "Process",
    StuckReason.EVENT_FAILED: "Try again",
    StuckReason.WAITS_FOR_CONFIG: "Try now",
    StuckReason.WAITS_FOR_CALLBACK_URL: "Enable the callback URL",
    StuckReason.ORPHAN_EVENT: "Try again",
}
PAGES = {
    StuckReason.START_NOT_QUEUED: "handover",
    StuckReason.NEVER_COMPARED: "handover",
    StuckReason.NOT_COMPARABLE: "handover",
    StuckReason.LEFT_OPEN: "delivery",
    StuckReason.MAILBOX_ASLEEP: "mailbox",
    StuckReason.INBOX_STALLED: "conversationinbox",
    StuckReason.LEASE_EXPIRED: "mailbox",
    StuckReason.EVENT_NOT_MATCHED: "callbackevent",
    StuckReason.EVENT_FAILED: "callbackevent",
    StuckReason.WAITS_FOR_CONFIG: "mailbox",
    StuckReason.WAITS_FOR_CALLBACK_URL: "mailbox",
    StuckReason.ORPHAN_EVENT: "callbackevent",
}


@dataclass(frozen=True)
class StuckLine:
    reason: str
    words: str
    subject: str
    url: str
    endpoint: str
    since: str
    detail: str
    way_out: str
    is_automatic: bool


def stuck_lines(found: Iterable[Stuck]) -> list[StuckLine]:
    return [
        StuckLine(
            reason=str(stuck.reason),
            words=stuck.reason.label,
            subject=stuck.subject,
            url=_page(stuck),
            endpoint=stuck.endpoint.name,
            since=clock_text(stuck.since).partition(".")[0],
            detail=stuck.detail,
            way_out=WAYS_OUT[stuck.reason],
            is_automatic=stuck.reason in AUTOMATIC,
        )
        for stuck in found
    ]


def _page(stuck: Stuck) -> str:
    name = f"admin:handover_{PAGES[stuck.reason]}_change"
    return reverse(name, args=[stuck.subject])
