"""Handovers that do not end by the agent."""

import pytest

from tests.end_to_end.talk import Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack


def test_a_handover_is_cancelled_while_it_waits(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start(provisioned_endpoint)
    talk.wait_until("queue")
    talk.say("Too slow")
    cancelled = talk.end("cancel")
    assert cancelled["status"] == "cancelled"
    assert cancelled["endReason"] == "user_cancelled"
    assert cancelled["ownerEpoch"] == 1
    wait_for(lambda: talk.conversation()["ended"], what="8x8 lets it go")
    assert talk.conversation()["endedBy"] == "user"
    again = provisioned_endpoint.api("POST", f"{talk.path}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "ended")
    assert talk.statuses() == ["requested", "queue", "cancelled"]
    check_transcripts(talk, user=["Too slow"], agent=[])
    check_callbacks(talk, callback_sink)


def test_cancelling_is_for_those_who_wait(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    refused = provisioned_endpoint.api("POST", f"{talk.path}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "not-waiting")
    assert talk.read()["status"] == "active"
    assert not talk.conversation()["ended"]


def test_the_bot_closes_a_handover_with_an_agent(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    talk.agent_says("Hello")
    talk.wait_until_bot_knows("Hello")
    talk.say("Bye")
    closed = talk.end("close")
    assert closed["status"] == "completed"
    assert closed["endReason"] == "bot_closed"
    assert closed["ownerEpoch"] == 3
    wait_for(lambda: talk.conversation()["ended"], what="8x8 lets it go")
    assert talk.conversation()["endedBy"] == "user"
    assert talk.statuses() == ["requested", "queue", "active", "completed"]
    # What was said before the end went out before it.
    check_transcripts(talk, user=["Bye"], agent=["Hello"])
    check_callbacks(talk, callback_sink)


def test_the_next_handover_of_the_session_is_another_one(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    first = Talk.start(provisioned_endpoint)
    handover = first.wait_until("queue")
    first.end("cancel")
    name = {key: handover[key] for key in ("userId", "sessionId")}
    second = Talk.start_with_agent(provisioned_endpoint, **name)
    second.agent_says("Here again?")
    second.wait_until_bot_knows("Here again?")
    second.act("end")
    second.wait_until("completed")
    assert second.conversation_id != first.conversation_id
    assert first.read()["status"] == "cancelled"
    check_transcripts(first, user=[], agent=[])
    check_transcripts(second, user=[], agent=["Here again?"])
    for talk in (first, second):
        check_callbacks(talk, callback_sink)
