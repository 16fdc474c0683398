"""The table of moves, and the one guarded write that obeys it."""

from collections.abc import Iterator
from functools import partial

import pytest

from endpoints.models import Endpoint
from handover import services
from handover.models import Handover, HandoverEvent
from handover.services import HandoverEnded, ServiceRefused
from handover.states import (
    ALLOWED_MOVES,
    ENDED,
    RUNNING,
    HandoverStatus,
    sources_of,
)
from handover.transitions import move
from tests.handover.steps import ask_for_handover, event_types, start_handover
from tests.handover.threads import at_the_same_time

# From: to. Written out once more, so that a change of the table is a decision.
ALLOWED = {
    "requested": {"queue", "active", "completed", "cancelled", "error"},
    "queue": {"active", "completed", "cancelled", "error"},
    "active": {"queue", "completed", "error"},
    "completed": set(),
    "cancelled": set(),
    "error": set(),
}


def pairs() -> Iterator[tuple[HandoverStatus, HandoverStatus]]:
    for source in HandoverStatus:
        for target in HandoverStatus:
            yield source, target


@pytest.mark.parametrize(("source", "target"), list(pairs()))
def test_a_move_happens_only_if_the_table_allows_it(
    endpoint: Endpoint, source: HandoverStatus, target: HandoverStatus
) -> None:
    handover = ask_for_handover(endpoint)
    Handover.objects.filter(pk=handover.pk).update(status=source)
    expected = target in ALLOWED[source]
    # The instance is old on purpose: the row decides.
    assert move(handover, target, queue_name="moved") is expected
    stored = Handover.objects.get()
    assert stored.status == (target if expected else source)
    assert stored.queue_name == ("moved" if expected else "")
    assert handover.queue_name == ("moved" if expected else "")


def test_the_table_is_as_written_down() -> None:
    assert {str(k): {str(t) for t in v} for k, v in ALLOWED_MOVES.items()} == ALLOWED
    assert frozenset(HandoverStatus) == RUNNING | ENDED
    assert all(not ALLOWED_MOVES[status] for status in ENDED)
    for target in HandoverStatus:
        assert all(target in ALLOWED_MOVES[source] for source in sources_of(target))


def test_of_two_who_end_it_at_once_one_wins_and_the_other_is_told(
    endpoint: Endpoint,
) -> None:
    handover = start_handover(endpoint)
    refused: list[ServiceRefused] = []

    def end(how: partial[Handover]) -> None:
        try:
            how()
        except HandoverEnded as refusal:
            refused.append(refusal)

    at_the_same_time(
        partial(end, partial(services.cancel_handover, handover=handover)),
        partial(end, partial(services.close_handover, handover=handover)),
    )
    assert len(refused) == 1
    assert event_types(handover)[1:] in (["cancelled"], ["completed"])
    assert HandoverEvent.objects.count() == 2
