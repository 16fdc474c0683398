"""What came in, what was refused, and what must not have been left behind."""

from collections.abc import Callable

import pytest

from handover.models import CallbackEvent, CallbackRejection, ConversationInbox, Message
from handover.webhooks import rejections

Kept = dict[str, int]


@pytest.fixture(autouse=True)
def forgotten_rejections() -> None:
    """Rejections are counted per process; each test begins with none."""
    rejections._seen.clear()


@pytest.fixture
def kept() -> Callable[[], Kept]:
    """How many rows callbacks have left."""

    def count() -> Kept:
        return {
            "events": CallbackEvent.objects.count(),
            "inboxes": ConversationInbox.objects.count(),
            "messages": Message.objects.count(),
            "rejected": sum(
                CallbackRejection.objects.values_list("count", flat=True), 0
            ),
        }

    return count
