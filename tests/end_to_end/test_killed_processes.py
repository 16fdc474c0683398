"""Web, streams, broker and clock killed, emptied or gone while people talk."""

from collections.abc import Callable, Iterator

import pytest
import redis

from launcher.processes import BEAT, BROKER, LIVE, WEB, WORKER
from launcher.stack import Stack
from tests.end_to_end.disturbances import kill_and_start, talk_while
from tests.end_to_end.event_stream import EventStream
from tests.end_to_end.talk import JsonObject, Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack


@pytest.fixture
def flush_broker(stack: Stack) -> Iterator[Callable[[], None]]:
    """A function that empties the broker."""
    with redis.Redis.from_url(stack.environment["REDIS_URL"]) as connection:
        yield connection.flushall


@pytest.fixture
def processes_back(stack: Stack) -> Iterator[None]:
    """Start what a test has stopped, even if it fails."""
    yield
    for name in (BROKER, WEB, LIVE, WORKER, BEAT):
        if stack.pid(name) is None:
            stack.start_process(name)


@pytest.mark.parametrize(
    "names",
    [(WEB,), (WORKER,), (BROKER,), (WEB, LIVE, WORKER, BEAT, BROKER)],
    ids="+".join,
)
def test_killed_while_people_talk(
    stack: Stack,
    provisioned_endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
    names: tuple[str, ...],
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)

    talk_while(lambda: kill_and_start(stack, *names), talk, callback_sink)


@pytest.mark.usefixtures("processes_back")
def test_the_broker_is_emptied_while_messages_wait(
    stack: Stack,
    provisioned_endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
    flush_broker: Callable[[], None],
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    stack.stop_process(WORKER)
    user = [f"user {number}" for number in range(5)]
    agent = [f"agent {number}" for number in range(5)]
    for text in user:
        talk.say(text)
    for text in agent:
        talk.agent_says(text)
    wait_for(lambda: all_called_back(talk), what="8x8 has told us everything")
    assert talk.texts_at_8x8("user") == []
    flush_broker()
    stack.start_process(WORKER)
    talk.wait_until_8x8_has(*user)
    talk.wait_until_bot_knows(*agent)
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=user, agent=agent)
    check_callbacks(talk, callback_sink)


@pytest.mark.usefixtures("processes_back")
def test_messages_are_taken_while_there_is_no_broker(
    stack: Stack, provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    check_callbacks(talk, callback_sink)
    stack.stop_process(BROKER)
    user = [f"user {number}" for number in range(5)]
    agent = [f"agent {number}" for number in range(5)]
    for text in user:
        talk.say(text)
    for text in agent:
        talk.agent_says(text)
    wait_for(lambda: all_called_back(talk), what="8x8 has told us everything")
    stack.start_process(BROKER)
    talk.wait_until_8x8_has(*user)
    talk.wait_until_bot_knows(*agent)
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=user, agent=agent)
    check_callbacks(talk, callback_sink)


@pytest.mark.usefixtures("processes_back")
def test_without_beat_people_talk_and_with_it_what_was_forgotten_is_found(
    stack: Stack,
    provisioned_endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
    flush_broker: Callable[[], None],
) -> None:
    forgotten = Talk.start_with_agent(provisioned_endpoint)
    stack.stop_process(BEAT)
    stack.stop_process(WORKER)
    forgotten.say("Hello?")
    flush_broker()
    stack.start_process(WORKER)
    other = Talk.start_with_agent(provisioned_endpoint)
    other.say("Good day")
    other.wait_until_8x8_has("Good day")
    assert forgotten.texts_at_8x8("user") == []
    stack.start_process(BEAT)
    forgotten.wait_until_8x8_has("Hello?")
    for talk, text in ((forgotten, "Hello?"), (other, "Good day")):
        talk.act("end")
        talk.wait_until("completed")
        check_transcripts(talk, user=[text], agent=[])
        check_callbacks(talk, callback_sink)


@pytest.mark.usefixtures("processes_back")
def test_a_handover_cancelled_before_anybody_worked_on_it_never_reaches_8x8(
    stack: Stack, provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    stack.stop_process(WORKER)
    talk = Talk.start(provisioned_endpoint)
    talk.say("Never mind")
    talk.end("cancel")
    stack.start_process(WORKER)
    check_callbacks(talk, callback_sink)
    assert talk.contact.conversations_of(talk.id) == []
    assert talk.statuses() == ["requested", "cancelled"]
    (line,) = [line for line in talk.transcript() if line["authorType"] == "user"]
    assert (line["delivery"], line["deliveryReason"]) == ("failed", "ended")
    (told,) = [e for e in talk.events() if e["type"] == "handover.delivery"]
    assert told["data"]["messageId"] == line["id"]


def test_streams_go_on_after_their_server_was_killed(
    stack: Stack, provisioned_endpoint: ProvisionedEndpoint
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    url = f"{provisioned_endpoint.base_url}/api/v1{talk.path}/events"
    headers = {"Authorization": f"Bearer {provisioned_endpoint.api_key}"}
    with EventStream(url, headers) as stream:
        talk.agent_says("one")
        stream.wait_for(1, "handover.message")
        kill_and_start(stack, LIVE)
        wait_for(lambda: not stream.is_open, what="the stream has ended")
        seen = stream.events
    talk.agent_says("two")
    with EventStream(url, headers | {"Last-Event-ID": str(seen[-1].id)}) as stream:
        stream.wait_for(1, "handover.message")
        events = [item.data for item in (*seen, *stream.events)]
    assert events == talk.events()


def all_called_back(talk: Talk) -> bool:
    """Whether every callback of the conversation has got its 200."""
    callbacks: list[JsonObject] = talk.contact.callbacks(talk.conversation_id)
    return all(callback["state"] == "delivered" for callback in callbacks)
