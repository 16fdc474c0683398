"""Every fault that 8x8 can have, alone and in pairs, during a conversation.

However it goes, both sides end with exactly the right transcript. The conversations
run next to each other: most of their time is waiting for time-outs and retries.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import pytest

from tests.end_to_end.talk import Contact, Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import Provision

pytestmark = pytest.mark.stack

START_FAULTS = ("callback-before-response",)
CALL_FAULTS = ("429", "500", "timeout", "reset-after-accept")
CALLBACK_FAULTS = (
    *("duplicate-callback", "reorder-callbacks", "bad-signature", "drop-callbacks"),
)
FAULTS = CALL_FAULTS + CALLBACK_FAULTS + START_FAULTS
# Of the faults of calls one: each costs a retry, and those get farther apart.
EVERYTHING = ("reset-after-accept", *CALLBACK_FAULTS, *START_FAULTS)
SEED, CHOSEN_PAIRS = 8, 9
CASES = [
    *((fault,) for fault in FAULTS),
    *random.Random(SEED).sample(  # noqa: S311 - the same pairs every time
        list(itertools.combinations(FAULTS, 2)), CHOSEN_PAIRS
    ),
    EVERYTHING,
]
AT_ONCE = 6
BURST = 3
TIMEOUT_SECONDS = 120
EVERY_CALLBACK = 10_000


def name_of(faults: tuple[str, ...]) -> str:
    return "everything" if faults == EVERYTHING else "+".join(faults)


@pytest.fixture(scope="module")
def conversations(
    request: pytest.FixtureRequest, provision: Provision
) -> Iterator[dict[tuple[str, ...], "Future[None]"]]:
    """The conversations of the tests that were chosen, started."""
    chosen = [
        cast("tuple[str, ...]", item.callspec.params["faults"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_both_sides_have_the_same_transcript.__name__
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            faults: pool.submit(hold_conversation, faults, provision)
            for faults in chosen
        }


@pytest.mark.parametrize("faults", CASES, ids=name_of)
def test_both_sides_have_the_same_transcript(
    conversations: dict[tuple[str, ...], "Future[None]"], faults: tuple[str, ...]
) -> None:
    conversations[faults].result(TIMEOUT_SECONDS)


def hold_conversation(faults: tuple[str, ...], provision: Provision) -> None:
    """Each fault strikes at the start, twice in the middle and at the end."""
    with CallbackSink() as sink:
        endpoint = provision(name_of(faults), callback_url=sink.url)
        contact = Contact(endpoint.eight)
        for fault in faults:
            contact.arm(fault)
        talk = Talk.start(endpoint)
        user, agent = ["user 0"], ["agent 0"]
        talk.say(user[0])
        talk.wait_until("queue")
        talk.act("accept")
        talk.agent_says(agent[0])
        talk.wait_until("active")
        talk.wait_until_8x8_has(*user)
        assert contact.armed() == [], "a fault did not strike at the start"
        for number in (1, 2):
            exchange_burst(talk, faults, user, agent, number=number)
        end_under(talk, faults, agent)
        assert talk.statuses() == ["requested", "queue", "active", "completed"]
        check_transcripts(talk, user=user, agent=agent)
        check_callbacks(talk, sink)


def exchange_burst(
    talk: Talk, faults: Sequence[str], user: list[str], agent: list[str], *, number: int
) -> None:
    """Both sides say several things at once; the faults strike among them."""
    for fault in faults:
        if fault not in START_FAULTS:
            talk.contact.arm(fault, conversationId=talk.conversation_id)
    for turn in range(BURST):
        user.append(f"user {number}.{turn}")
        agent.append(f"agent {number}.{turn}")
        talk.say(user[-1])
        talk.agent_says(agent[-1])
    talk.wait_until_8x8_has(*user)
    talk.wait_until_bot_knows(*agent)
    assert talk.contact.armed() == [], "a fault did not strike in the middle"


def end_under(talk: Talk, faults: Sequence[str], agent: list[str]) -> None:
    """The agent says good-bye and goes, while asking 8x8 fails as well."""
    for fault in faults:
        conversation_id = talk.conversation_id
        if fault in CALL_FAULTS:
            talk.contact.arm(fault, conversationId=conversation_id, methods=["GET"])
        elif fault in CALLBACK_FAULTS:
            talk.contact.arm(fault, conversationId=conversation_id)
    agent.append("agent: good-bye")
    talk.agent_says(agent[-1])
    talk.act("end")
    assert talk.wait_until("completed")["endReason"] == "agent_ended"
    assert talk.contact.armed() == [], "a fault did not strike at the end"


def test_a_conversation_without_a_single_callback_is_found_in_8x8s_lists(
    provision: Provision, callback_sink: CallbackSink
) -> None:
    endpoint = provision("deaf", callback_url=callback_sink.url)
    Contact(endpoint.eight).arm("drop-callbacks", EVERY_CALLBACK)
    talk = Talk.start(endpoint)
    talk.wait_until("queue")
    talk.act("accept")
    talk.wait_until("active")
    said = [f"agent {number}" for number in range(5)]
    for text in said:
        talk.agent_says(text)
    talk.say("user 0")
    talk.wait_until_bot_knows(*said)
    talk.wait_until_8x8_has("user 0")
    talk.act("end")
    talk.wait_until("completed")
    assert all(
        callback["state"] == "dropped"
        for callback in talk.contact.callbacks(talk.conversation_id)
    )
    check_transcripts(talk, user=["user 0"], agent=said)
    check_callbacks(talk, callback_sink)
    sources = {
        line["source"] for line in talk.transcript() if line["authorType"] == "agent"
    }
    assert sources == {"reconciled"}
