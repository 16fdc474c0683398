"""Every fault that 8x8 can have, alone and in pairs, during a conversation.

However it goes, both sides end with exactly the right transcript. The conversations
run next to each other: most of their time is waiting for time-outs and retries.
"""

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.end_to_end.talk import Contact, Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import Provision

pytestmark = pytest.mark.stack

START_FAULTS = ("callback-before-response",)
FAULTS = (
    *("429", "500", "timeout", "reset-after-accept"),
    *("duplicate-callback", "reorder-callbacks", "bad-signature", "drop-callbacks"),
    *START_FAULTS,
)
SEED, CHOSEN_PAIRS = 8, 9
CASES = [
    *((fault,) for fault in FAULTS),
    *random.Random(SEED).sample(  # noqa: S311 - the same pairs every time
        list(itertools.combinations(FAULTS, 2)), CHOSEN_PAIRS
    ),
]
AT_ONCE = 6
STRIKES_AT_START, STRIKES_IN_THE_MIDDLE, STRIKES_AT_THE_END = 1, 2, 2
LINES = 7
TIMEOUT_SECONDS = 120


@pytest.fixture(scope="module")
def conversations(
    request: pytest.FixtureRequest, provision: Provision
) -> Iterator[dict[tuple[str, ...], "Future[None]"]]:
    """The conversations of the tests that were chosen, started."""
    chosen = [
        item.callspec.params["faults"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_both_sides_have_the_same_transcript.__name__
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            faults: pool.submit(hold_conversation, faults, provision)
            for faults in chosen
        }


@pytest.mark.parametrize("faults", CASES, ids="+".join)
def test_both_sides_have_the_same_transcript(
    conversations: dict[tuple[str, ...], "Future[None]"], faults: tuple[str, ...]
) -> None:
    conversations[faults].result(TIMEOUT_SECONDS)


def hold_conversation(faults: tuple[str, ...], provision: Provision) -> None:
    """Hold one with these faults at its start, in its middle and at its end."""
    with CallbackSink() as sink:
        endpoint = provision("-".join(faults), callback_url=sink.url)
        user = [f"user {number}" for number in range(1, LINES + 1)]
        agent = [f"agent {number}" for number in range(1, LINES + 1)]
        for fault in faults:
            Contact(endpoint.eight).arm(fault, STRIKES_AT_START)
        talk = Talk.start(endpoint)
        talk.say(user[0])
        talk.wait_until("queue")
        talk.act("accept")
        talk.wait_until("active")
        later = [fault for fault in faults if fault not in START_FAULTS]
        narrowed = {"conversationId": talk.conversation_id}
        for fault in later:
            talk.contact.arm(fault, STRIKES_IN_THE_MIDDLE, **narrowed)
        for from_user, from_agent in zip(user[1:], agent[:-1], strict=True):
            talk.say(from_user)
            talk.agent_says(from_agent)
        talk.wait_until_8x8_has(*user)
        talk.wait_until_bot_knows(*agent[:-1])
        for fault in later:
            talk.contact.arm(fault, STRIKES_AT_THE_END, **narrowed)
        talk.agent_says(agent[-1])
        talk.act("end")
        ended = talk.wait_until("completed")
        assert ended["endReason"] == "agent_ended"
        assert talk.statuses() == ["requested", "queue", "active", "completed"]
        check_transcripts(talk, user=user, agent=agent)
        check_callbacks(talk, sink)
