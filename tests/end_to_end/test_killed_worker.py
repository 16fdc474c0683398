"""The worker killed in the middle of a call: nothing is lost, nothing doubled."""

from collections import Counter
from collections.abc import Iterator

import pytest

from launcher.processes import WORKER
from launcher.stack import Stack
from tests.end_to_end.disturbances import kill_and_start
from tests.end_to_end.holding_proxy import HoldingProxy
from tests.end_to_end.talk import Talk
from tests.end_to_end.whole_transcript import (
    callbacks_of,
    check_callbacks,
    check_transcripts,
)
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import Provision, ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack


@pytest.fixture
def proxy(stack: Stack) -> Iterator[HoldingProxy]:
    with HoldingProxy(stack.sandbox_url) as running:
        yield running


@pytest.fixture
def endpoint(
    provision: Provision, proxy: HoldingProxy, callback_sink: CallbackSink
) -> ProvisionedEndpoint:
    """It finds 8x8 behind the proxy."""
    return provision("behind", callback_url=callback_sink.url, base_url=proxy.url)


def kill_worker_while_held(stack: Stack, proxy: HoldingProxy) -> None:
    """8x8 has done it, its answer is on the way, the worker dies."""
    wait_for(lambda: proxy.held == 1, what="an answer is held back")
    kill_and_start(stack, WORKER)
    assert proxy.held == 1
    proxy.release()


def finish(talk: Talk, user: list[str], agent: list[str], sink: CallbackSink) -> None:
    """Say one more thing on each side, end, and compare everything."""
    talk.say("user: last")
    talk.agent_says("agent: last")
    talk.wait_until_8x8_has(*user, "user: last")
    talk.wait_until_bot_knows(*agent, "agent: last")
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=[*user, "user: last"], agent=[*agent, "agent: last"])
    check_callbacks(talk, sink)


def test_killed_while_8x8_starts_the_conversation(
    stack: Stack,
    proxy: HoldingProxy,
    endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
) -> None:
    proxy.hold_next("POST", "/conversations")
    talk = Talk.start(endpoint)
    talk.say("user 0")
    kill_worker_while_held(stack, proxy)
    talk.wait_until("queue")
    talk.act("accept")
    talk.wait_until("active")
    finish(talk, ["user 0"], [], callback_sink)
    assert len(calls(talk, "POST", "/conversations", endpoint)) == 1


def test_killed_while_8x8_takes_a_message(
    stack: Stack,
    proxy: HoldingProxy,
    endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
) -> None:
    talk = Talk.start_with_agent(endpoint)
    proxy.hold_next("POST", "/messages")
    # The same words twice: counting them is the only way to tell.
    user = ["yes", "yes", "no"]
    for text in user:
        talk.say(text)
    kill_worker_while_held(stack, proxy)
    finish(talk, user, [], callback_sink)


def test_killed_before_8x8_takes_a_message(
    stack: Stack, provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    talk.contact.arm("timeout", conversationId=talk.conversation_id)
    user = ["yes", "yes", "no"]
    for text in user:
        talk.say(text)
    path = f"/conversations/{talk.conversation_id}/messages"
    wait_for(
        lambda: any(call["fault"] for call in talk.contact.requests(path)),
        what="8x8 has a call that it will not answer",
    )
    kill_and_start(stack, WORKER)
    finish(talk, user, [], callback_sink)


def test_killed_while_8x8_ends_the_conversation(
    stack: Stack,
    proxy: HoldingProxy,
    endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
) -> None:
    talk = Talk.start_with_agent(endpoint)
    talk.say("user 0")
    talk.wait_until_8x8_has("user 0")
    proxy.hold_next("PATCH", "/participants/user")
    talk.end("close")
    kill_worker_while_held(stack, proxy)
    assert talk.conversation()["ended"]
    assert talk.read()["endReason"] == "bot_closed"
    check_transcripts(talk, user=["user 0"], agent=[])
    check_callbacks(talk, callback_sink)


def test_killed_while_it_works_on_a_callback_of_8x8(
    stack: Stack,
    proxy: HoldingProxy,
    endpoint: ProvisionedEndpoint,
    callback_sink: CallbackSink,
) -> None:
    talk = Talk.start_with_agent(endpoint)
    proxy.hold_next("GET", f"/{talk.conversation_id}/messages")
    talk.agent_says("one")
    talk.agent_says("one")
    kill_worker_while_held(stack, proxy)
    talk.wait_until_bot_knows("one", "one")
    finish(talk, [], ["one", "one"], callback_sink)


def test_killed_while_the_bot_takes_a_callback(
    stack: Stack, provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    check_callbacks(talk, callback_sink)
    callback_sink.stall_next(1)
    talk.agent_says("one")
    talk.agent_says("two")
    wait_for(lambda: callback_sink.stalled == 1, what="the bot is at it")
    kill_and_start(stack, WORKER)
    callback_sink.release()
    finish(talk, [], ["one", "two"], callback_sink)
    times = Counter(c.headers["webhook-id"] for c in callback_sink.received)
    (doubled,) = [identifier for identifier, count in times.items() if count > 1]
    assert times[doubled] == 2
    again = callbacks_of(talk, callback_sink)[doubled]
    assert again["data"]["message"]["text"] == "one"


def calls(
    talk: Talk, method: str, path: str, endpoint: ProvisionedEndpoint
) -> list[dict[str, object]]:
    """What 8x8 was asked on behalf of this endpoint."""
    return [
        call
        for call in talk.contact.requests(path, method)
        if call["path"].endswith(path)
        and call["headers"].get("X-8x8-Tenant") == endpoint.eight.tenant
    ]
