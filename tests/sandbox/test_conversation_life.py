"""From the start to the end of a conversation: states, and the events in order."""

from tests.sandbox.receiver import Receiver
from tests.sandbox.running import Caller


def test_a_new_conversation_is_created_then_active_then_queued(
    api: Caller, receiver: Receiver
) -> None:
    user = {
        "name": "Ann",
        "userId": "u-1",
        "additionalProperties": [{"key": "intent", "value": "refund"}],
    }
    conversation_id = api.start_conversation(user=user)
    created, active, queued = receiver.wait_for_count(3)
    assert receiver.types == ["CONVERSATION_UPDATE", "CONVERSATION_UPDATE", "QUEUED"]
    assert created.document["conversationId"] == conversation_id
    assert created.document["data"] == {
        "state": "created",
        "assignment": {"type": "queue", "id": "sandbox-queue"},
        "user": user,
        "channel": {"id": "sandbox-channel", "type": "ChatAPI"},
    }
    assert active.document["data"]["state"] == "active"
    assert queued.document["data"] == {
        "queueId": "sandbox-queue",
        "queueName": "Support",
    }
    assert api.state_of(conversation_id) == {
        "id": conversation_id,
        "state": "active",
        "channelId": "sandbox-channel",
        "user": user,
        "assignment": {"type": "queue", "id": "sandbox-queue"},
    }


def test_an_assignment_goes_before_the_queue_of_the_channel(
    api: Caller, receiver: Receiver
) -> None:
    api.start_conversation(assignment={"type": "queue", "id": "sandbox-queue-2"})
    (queued,) = receiver.wait_for_type("QUEUED")
    assert queued.document["data"]["queueName"] == "Billing"


def test_a_message_of_the_user_or_bot_comes_back_as_an_echo(
    api: Caller, receiver: Receiver, started: str
) -> None:
    api.say(started, "Hello?")
    api.say(started, "A person will be with you", author="bot")
    echoes = [callback.document["data"] for callback in receiver.wait_for_count(2)]
    assert echoes == [
        {
            "isEcho": True,
            "sender": {"id": "user", "type": "user"},
            "text": "Hello?",
        },
        {
            "isEcho": True,
            "sender": {"id": "bot", "type": "bot"},
            "text": "A person will be with you",
        },
    ]


def test_the_agent_ends_the_conversation(
    api: Caller, receiver: Receiver, served: str
) -> None:
    api.act("ada", "end", served)
    left, idle = receiver.wait_for_count(2)
    assert left.document["data"] == {
        "memberType": "agent",
        "change": "left",
        "id": "ada",
    }
    assert idle.document["data"]["state"] == "idle"
    assert api.state_of(served)["state"] == "idle"
    assert api.conversation(served)["endedBy"] == "agent"


def test_the_user_leaves_and_that_ends_the_conversation(
    api: Caller, receiver: Receiver, served: str
) -> None:
    path = f"/conversations/{served}/participants/user"
    answer = api.gateway("PATCH", path, json={"removed": True})
    assert answer.status_code == 204
    left, idle = receiver.wait_for_count(2)
    assert left.document["data"] == {
        "memberType": "user",
        "change": "left",
        "id": "user",
    }
    assert idle.document["data"]["state"] == "idle"
    assert api.conversation(served)["endedBy"] == "user"
    again = api.gateway("PATCH", path, json={"removed": True})
    assert again.status_code == 400


def test_nothing_can_be_said_in_an_ended_conversation(
    api: Caller, receiver: Receiver, served: str
) -> None:
    api.act("ada", "end", served)
    receiver.wait_for_count(2)
    answer = api.gateway(
        "POST",
        f"/conversations/{served}/messages",
        json={"authorType": "user", "text": "Hello?"},
    )
    assert answer.status_code == 400
    assert answer.json()["errors"]["code"] == "conversation_not_active"
    assert api.try_to_act("ada", "accept", served).status_code == 409
    assert api.conversation(served)["messages"] == []
    assert len(receiver.received) == 2


def test_user_data_and_queue_change_while_waiting(
    api: Caller, receiver: Receiver, started: str
) -> None:
    answer = api.gateway(
        "PATCH",
        f"/conversations/{started}",
        json={
            "user": {"phone": "+49 30 1"},
            "assignment": {"type": "queue", "id": "sandbox-queue-2"},
        },
    )
    assert answer.status_code == 202
    assert answer.json()["user"] == {"name": "Ann", "phone": "+49 30 1"}
    user, queue, queued = receiver.wait_for_count(3)
    assert user.document["data"]["user"] == {"name": "Ann", "phone": "+49 30 1"}
    assert queue.document["data"]["assignment"]["id"] == "sandbox-queue-2"
    assert queued.event_type == "QUEUED"


def test_put_replaces_all_user_data(api: Caller, started: str) -> None:
    answer = api.gateway(
        "PUT", f"/conversations/{started}", json={"user": {"phone": "+49 30 1"}}
    )
    assert answer.status_code == 202
    assert answer.json()["user"] == {"phone": "+49 30 1"}


def test_a_queue_assigned_through_the_api_takes_the_agent_away(
    api: Caller, receiver: Receiver, served: str
) -> None:
    api.gateway(
        "PATCH",
        f"/conversations/{served}",
        json={"assignment": {"type": "queue", "id": "sandbox-queue-2"}},
    )
    receiver.wait_for_count(4)
    assert receiver.types == [
        "TRANSFER",
        "MEMBERS_CHANGED",
        "CONVERSATION_UPDATE",
        "QUEUED",
    ]


def test_after_the_agent_a_webhook_gets_the_conversation_when_that_was_asked(
    api: Caller, receiver: Receiver, served: str
) -> None:
    answer = api.gateway(
        "POST",
        f"/conversations/{served}/post-agent-assignment",
        json={"type": "webhook", "id": "sandbox-webhook"},
    )
    assert answer.status_code == 201
    api.act("ada", "end", served)
    left, update = receiver.wait_for_count(2)
    assert left.document["data"]["change"] == "left"
    assert update.document["data"]["state"] == "active"
    assert update.document["data"]["assignment"] == {
        "type": "webhook",
        "id": "sandbox-webhook",
    }
    api.say(served, "How was it?", author="bot")
    receiver.wait_for_count(3)


def test_a_system_message_is_no_echo_and_not_by_the_agent(
    api: Caller, receiver: Receiver, served: str
) -> None:
    answer = api.call(
        "POST",
        "/sandbox/system-message",
        json={"conversationId": served, "text": "We record this chat"},
    )
    assert answer.status_code == 200
    (message,) = receiver.wait_for_count(1)
    assert message.document["data"] == {
        "isEcho": False,
        "sender": {"id": "system", "type": "system"},
        "text": "We record this chat",
    }
