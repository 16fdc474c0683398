"""A whole handover by the Bot API, seen from both ends."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from launcher.stack import Stack
from tests.end_to_end.event_stream import EventStream
from tests.end_to_end.talk import LINK_WORDS, MARK, Talk, new_name
from tests.end_to_end.whole_transcript import (
    callbacks_of,
    check_callbacks,
    check_transcripts,
)
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import Provision, ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack
TIMEOUT_SECONDS = 30

HISTORY = [
    {"authorType": "user", "text": "Where is my parcel?"},
    {"authorType": "bot", "text": "I do not know. Shall I ask a colleague?"},
    {"authorType": "user", "text": "Ja, bitte! 🙂"},
]
USER = {
    "name": "Änne Example",
    "email": "aenne@example.org",
    "phone": "+49 30 1234",
    "company": "Example",
    "caseId": "C-1",
    "language": "de",
    "additionalProperties": {"plan": "gold"},
}


def start_with_everything(endpoint: ProvisionedEndpoint) -> Talk:
    return Talk.start(
        endpoint,
        user=USER,
        history=HISTORY,
        reason={"code": "parcel", "text": "Asks for a parcel"},
        jsonProperties={"shop": "north"},
        acceptedMessage="Please wait.",
    )


def read_stream(talk: Talk) -> EventStream:
    return EventStream(
        f"{talk.endpoint.base_url}/api/v1{talk.path}/events",
        {"Authorization": f"Bearer {talk.endpoint.api_key}"},
    )


def test_what_the_bot_knows_reaches_the_agent(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = start_with_everything(provisioned_endpoint)
    queued = talk.wait_until("queue")
    assert queued["queue"] == {
        "id": provisioned_endpoint.eight.queue_id,
        "name": "Support",
    }
    conversation = talk.conversation()
    said = [{k: line[k] for k in HISTORY[0]} for line in conversation["history"]]
    assert said == HISTORY
    user = conversation["user"]
    assert {name: user[name] for name in USER if name != "additionalProperties"} == {
        name: value for name, value in USER.items() if name != "additionalProperties"
    }
    assert user["userId"] == queued["userId"]
    properties = {item["key"]: item["value"] for item in user["additionalProperties"]}
    assert properties == {
        MARK: talk.id,
        "agentAssist": queued["agentAssistUrl"],
        "handoverReason": "parcel",
        "handoverReasonText": "Asks for a parcel",
        "plan": "gold",
        "shop": "north",
    }


def test_the_agent_gets_the_agent_assist_link(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = start_with_everything(provisioned_endpoint)
    handover = talk.wait_until("queue")
    wait_for(lambda: talk.texts_at_8x8("bot"), what="the link")
    assert talk.texts_at_8x8("bot") == [LINK_WORDS + handover["agentAssistUrl"]]
    address = urlsplit(handover["agentAssistUrl"])
    assert parse_qsl(address.query) == [
        ("sessionId", handover["sessionId"]),
        ("userId", handover["userId"]),
        ("URLToken", provisioned_endpoint.url_token),
        ("organisationId", provisioned_endpoint.eight.tenant),
        ("configId", "default"),
    ]
    page = requests.get(handover["agentAssistUrl"], timeout=TIMEOUT_SECONDS)
    assert page.status_code == 200
    assert "Where is my parcel?" in page.text
    for name, value in parse_qsl(address.query):
        wrong = handover["agentAssistUrl"].replace(f"{name}={value}", f"{name}=other")
        assert wrong != handover["agentAssistUrl"]
        refused = requests.get(wrong, timeout=TIMEOUT_SECONDS)
        assert refused.status_code == 403
        assert "parcel" not in refused.text
        assert handover["sessionId"] not in refused.text


def test_a_whole_handover_by_the_bot_api(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = start_with_everything(provisioned_endpoint)
    assert talk.wait_until("queue")["ownerEpoch"] == 1
    with read_stream(talk) as stream:
        talk.say("Are you there?")
        talk.act("accept")
        active = talk.wait_until("active")
        assert active["agent"]["id"] == "ada"
        assert active["ownerEpoch"] == 2
        talk.agent_says("Hello, this is Ada.")
        talk.wait_until_bot_knows("Hello, this is Ada.")
        talk.say("Where is it?")
        talk.wait_until_8x8_has("Are you there?", "Where is it?")
        talk.act("typing", typing=True)
        talk.agent_says("Around the corner.")
        talk.agent_says("Anything else?")
        talk.wait_until_bot_knows(
            "Hello, this is Ada.", "Around the corner.", "Anything else?"
        )
        talk.act("end")
        ended = talk.wait_until("completed")
        stream.wait_for(ended["lastSeq"], *EVENT_TYPES)
    assert ended["endReason"] == "agent_ended"
    assert ended["ownerEpoch"] == 3
    assert ended["error"] is None
    times = [ended[name] for name in ("createdAt", "queuedAt", "activeAt", "endedAt")]
    assert times == sorted(times)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z", time) for time in times)
    assert talk.statuses() == ["requested", "queue", "active", "completed"]
    assert talk.conversation()["endedBy"] == "agent"
    check_transcripts(
        talk,
        user=["Are you there?", "Where is it?"],
        agent=["Hello, this is Ada.", "Around the corner.", "Anything else?"],
    )
    check_three_roads(talk, callback_sink, stream)
    refused = provisioned_endpoint.api(
        "POST", f"{talk.path}/messages", json={"authorType": "user", "text": "Hello?"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "ended")


EVENT_TYPES = (
    "handover.status",
    "handover.message",
    "handover.typing",
    "handover.activity",
    "handover.transferred",
    "handover.delivery",
)


def check_three_roads(talk: Talk, sink: CallbackSink, stream: EventStream) -> None:
    """Callback, poll and stream carry the same objects under the same numbers."""
    polled = talk.events()
    check_callbacks(talk, sink)
    assert stream.data(*EVENT_TYPES) == polled
    assert [item.id for item in stream.events] == [
        event["data"]["seq"] for event in polled
    ]
    assert [item.event for item in stream.events] == [event["type"] for event in polled]
    kinds = [event["type"] for event in polled]
    assert kinds.count("handover.typing") == 1
    common = {"handoverId", "userId", "sessionId", "seq"}
    assert all(common < event["data"].keys() for event in polled)


def test_a_stream_goes_on_after_the_last_event_that_was_seen(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    seen = talk.events()
    headers = {"Authorization": f"Bearer {provisioned_endpoint.api_key}"}
    url = f"{provisioned_endpoint.base_url}/api/v1{talk.path}/events"
    with EventStream(url, headers | {"Last-Event-ID": str(len(seen) - 1)}) as stream:
        talk.agent_says("Hello")
        got = stream.wait_for(2, "handover.status", "handover.message")
    assert got == talk.events()[len(seen) - 1 :]


def test_a_long_poll_answers_when_something_happens(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    last = talk.read()["lastSeq"]
    talk.agent_says("Hello")
    answer = provisioned_endpoint.api(
        "GET", f"{talk.path}/events?after={last}&wait=20"
    ).json()
    assert [event["type"] for event in answer["events"]] == ["handover.message"]
    assert answer["lastSeq"] == last + 1


def test_a_bot_that_no_longer_owns_the_conversation_is_not_heard(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    for body in ({"ownerEpoch": 1}, {}):
        refused = provisioned_endpoint.api(
            "POST",
            f"{talk.path}/messages",
            json={"authorType": "bot", "text": "Buy more!", **body},
        )
        assert refused.status_code == 409
        assert refused.json()["code"] == "not-owner"
    talk.say("I am still here")
    talk.wait_until_8x8_has("I am still here")
    (link,) = talk.texts_at_8x8("bot")
    assert link.startswith(LINK_WORDS)
    suppressed = [
        line["delivery"]
        for line in talk.transcript()
        if line["authorType"] == "bot" and line["text"] == "Buy more!"
    ]
    assert suppressed == ["suppressed", "suppressed"]


def test_a_transfer_is_no_end(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    talk = Talk.start_with_agent(provisioned_endpoint)
    talk.agent_says("I will get a specialist.")
    talk.act("transfer", queueId=f"{provisioned_endpoint.eight.queue_id}-2")
    waiting = talk.wait_until("queue")
    assert waiting["queue"]["name"] in ("", "Billing")
    talk.say("Thank you")
    talk.contact.agent = "bob"
    talk.act("accept")
    assert talk.wait_until("active")["agent"]["id"] == "bob"
    talk.agent_says("Bob here.")
    talk.wait_until_bot_knows("I will get a specialist.", "Bob here.")
    talk.act("end")
    talk.wait_until("completed")
    transferred = [e for e in talk.events() if e["type"] == "handover.transferred"]
    assert len(transferred) == 1
    billing = transferred[0]["data"]["queue"]["id"]
    assert billing == f"{provisioned_endpoint.eight.queue_id}-2"
    check_transcripts(
        talk, user=["Thank you"], agent=["I will get a specialist.", "Bob here."]
    )
    check_callbacks(talk, callback_sink)


def test_the_same_request_twice_has_one_effect(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    wish = {"userId": new_name("user"), "sessionId": new_name("session")}
    key = {"Idempotency-Key": new_name("key")}
    first, again = (
        provisioned_endpoint.api("POST", "/handovers", json=wish, headers=key)
        for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    running = provisioned_endpoint.api("POST", "/handovers", json=wish)
    assert running.status_code == 409
    assert running.json()["handover"]["id"] == first.json()["id"]
    talk = Talk(provisioned_endpoint, first.json()["id"])
    talk.wait_until("queue")
    message: dict[str, Any] = {"authorType": "user", "text": "Once"}
    key = {"Idempotency-Key": new_name("key")}
    for _ in range(3):
        answer = provisioned_endpoint.api(
            "POST", f"{talk.path}/messages", json=message, headers=key
        )
        assert answer.status_code == 202
    other = provisioned_endpoint.api(
        "POST", f"{talk.path}/messages", json=message | {"text": "2"}, headers=key
    )
    assert other.status_code == 422
    talk.say("Last")
    talk.wait_until_8x8_has("Once", "Last")
    assert len(talk.contact.conversations_of(talk.id)) == 1


def test_changed_user_data_and_queue_reach_the_agent(
    provisioned_endpoint: ProvisionedEndpoint,
) -> None:
    talk = start_with_everything(provisioned_endpoint)
    talk.wait_until("queue")
    billing = f"{provisioned_endpoint.eight.queue_id}-2"
    changed = provisioned_endpoint.api(
        "PATCH", talk.path, json={"user": {"name": "Bea"}, "queueId": billing}
    )
    assert changed.status_code == 200, changed.text
    wait_for(
        lambda: (talk.conversation()["queue"] or {}).get("id") == billing,
        what="the other queue",
    )
    assert talk.conversation()["user"]["name"] == "Bea"
    assert talk.conversation()["user"]["email"] == USER["email"]
    wait_for(lambda: talk.read()["queue"]["name"] == "Billing", what="its name")
    assert talk.read()["status"] == "queue"


def test_endpoints_do_not_see_each_other(
    provision: Provision, callback_sink: CallbackSink
) -> None:
    mine = provision("mine", callback_url=callback_sink.url)
    other = provision("other")
    talk, theirs = Talk.start(mine), Talk.start(other)
    talk.wait_until("queue")
    theirs.wait_until("queue")
    for method, path in (
        ("GET", talk.path),
        ("GET", f"{talk.path}/messages"),
        ("GET", f"{talk.path}/events"),
        ("POST", f"{talk.path}/cancel"),
        ("POST", f"{talk.path}/close"),
    ):
        assert other.api(method, path).status_code == 404, path
    listed = other.api("GET", "/handovers").json()["items"]
    assert [item["id"] for item in listed] == [theirs.id]
    assert talk.read()["status"] == "queue"
    check_callbacks(talk, callback_sink)
    assert not callbacks_of(theirs, callback_sink)


def test_a_callback_that_hangs_or_fails_holds_back_its_own_handover_only(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    slow = Talk.start_with_agent(provisioned_endpoint)
    check_callbacks(slow, callback_sink)
    callback_sink.stall_next(1)
    slow.agent_says("one")
    slow.agent_says("two")
    wait_for(lambda: callback_sink.stalled == 1, what="the bot is slow")
    told = len(callbacks_of(slow, callback_sink))
    quick = Talk.start_with_agent(provisioned_endpoint)
    check_callbacks(quick, callback_sink)
    assert len(callbacks_of(slow, callback_sink)) == told
    callback_sink.fail_next(1, status=500)
    callback_sink.release()
    check_callbacks(slow, callback_sink)
    slow.wait_until_bot_knows("one", "two")


def test_the_bot_api_wants_a_key(stack: Stack) -> None:
    for headers in ({}, {"Authorization": "Bearer hk_wrong"}):
        answer = requests.get(
            f"{stack.base_url}/api/v1/handovers",
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        )
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
