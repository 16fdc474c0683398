"""8x8 down, a key refused: plain words for the bot, nobody else harmed."""

import pytest

from launcher.ports import free_port
from tests.end_to_end.conftest import Reprovision
from tests.end_to_end.customer import Customer, heard
from tests.end_to_end.talk import Talk
from tests.end_to_end.whole_transcript import check_callbacks, check_transcripts
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import Provision, ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack
SORRY = "Sorry, I could not reach a person just now."


def closed_port() -> str:
    return f"http://127.0.0.1:{free_port()}"


def check_error(talk: Talk, message: str) -> None:
    failed = talk.wait_until("error")
    assert failed["endReason"] == "provider_error"
    assert failed["error"] == {"reason": "error", "message": message}
    assert failed["ownerEpoch"] == 1
    assert failed["conversationId"] is None
    assert talk.statuses() == ["requested", "error"]
    (*_, last) = [e for e in talk.events() if e["type"] == "handover.status"]
    assert last["data"]["handover"]["error"] == failed["error"]
    assert talk.contact.conversations_of(talk.id) == []


def test_8x8_is_down_then_up_again(
    provision: Provision, reprovision: Reprovision, callback_sink: CallbackSink
) -> None:
    endpoint = provision(
        "down",
        callback_url=callback_sink.url,
        base_url=closed_port(),
        bot_kind="demo",
    )
    healthy = Talk.start_with_agent(provision("healthy"))
    customer = Customer(endpoint)
    with customer.listen() as stream:
        customer.say("I want a person")
        (talk,) = customer.handovers()
        refused = endpoint.api(
            "POST",
            "/handovers",
            json={"userId": customer.user_id, "sessionId": customer.session_id},
        )
        assert refused.json()["code"] == "already-active"
        # While the one waits, the other endpoint's conversation goes on.
        healthy.say("Hello")
        healthy.wait_until_8x8_has("Hello")
        check_error(talk, "8x8 could not be reached.")
        wait_for(
            lambda: heard(stream)[-1][1].startswith(SORRY), what="the bot says sorry"
        )
    check_callbacks(talk, callback_sink)
    reprovision(endpoint)
    customer.say("I want a person")
    again = customer.wait_for_handover(2)
    again.act("accept")
    again.agent_says("Hello")
    again.wait_until_bot_knows("Hello")
    assert healthy.read()["status"] == "active"


def test_a_refused_key_is_an_error_at_once_and_the_right_one_mends_it(
    provision: Provision, reprovision: Reprovision, callback_sink: CallbackSink
) -> None:
    endpoint = provision("refused", callback_url=callback_sink.url, bot_kind="demo")
    other = Talk.start_with_agent(provision("unharmed"))
    reprovision(endpoint, api_key="a-wrong-key")
    customer = Customer(endpoint)
    with customer.listen() as stream:
        customer.say("I want a person")
        (talk,) = customer.handovers()
        check_error(talk, "8x8 refused the API key.")
        wait_for(
            lambda: heard(stream)[-1][1].startswith(SORRY), what="the bot says sorry"
        )
    check_callbacks(talk, callback_sink)
    other.say("Hello")
    other.wait_until_8x8_has("Hello")
    reprovision(endpoint)
    customer.say("I want a person")
    customer.wait_for_handover(2)


def test_messages_wait_for_the_right_key(
    provisioned_endpoint: ProvisionedEndpoint,
    reprovision: Reprovision,
    callback_sink: CallbackSink,
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    reprovision(provisioned_endpoint, api_key="a-wrong-key")
    for number in (1, 2, 3):
        talk.say(f"user {number}")
    refused = f"{talk.conversation_id}/messages"
    wait_for(
        lambda: any(c["status"] == 401 for c in talk.contact.requests(refused, "POST")),
        what="8x8 refuses the key",
    )
    assert talk.texts_at_8x8("user") == []
    assert {line["delivery"] for line in user_lines(talk)} == {"pending"}
    assert talk.read()["status"] == "active"
    reprovision(provisioned_endpoint)
    talk.wait_until_8x8_has("user 1", "user 2", "user 3")
    talk.act("end")
    talk.wait_until("completed")
    check_transcripts(talk, user=["user 1", "user 2", "user 3"], agent=[])
    check_callbacks(talk, callback_sink)


def user_lines(talk: Talk) -> list[dict[str, str]]:
    return [line for line in talk.transcript() if line["authorType"] == "user"]


def test_an_unknown_channel_is_named(provision: Provision) -> None:
    endpoint = provision("no-channel")
    talk = Talk.start(endpoint, channelId="nowhere")
    failed = talk.wait_until("error")
    assert failed["error"]["reason"] == "error"
    assert "8x8" in failed["error"]["message"]
    assert talk.contact.conversations_of(talk.id) == []
    # The fault was this handover's own: the endpoint goes on.
    Talk.start_with_agent(endpoint)
