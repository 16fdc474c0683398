"""Lists: filter, sort, page."""

from typing import Any

import pytest

from tests.sandbox.running import Caller


@pytest.fixture
def people(api: Caller) -> dict[str, str]:
    """Conversation ids by name. Ann waits in Support, the others in Billing."""
    billing = {"assignment": {"type": "queue", "id": "sandbox-queue-2"}}
    return {
        "Ann": api.start_conversation(user={"name": "Ann", "userId": "u-1"}),
        "Bo": api.start_conversation(user={"name": "Bo", "userId": "u-2"}, **billing),
        "Cy": api.start_conversation(user={"name": "Cy", "userId": "v-3"}, **billing),
    }


def names(api: Caller, **query: str) -> list[str]:
    answer = api.gateway("GET", "/conversations", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["_embedded"]["conversations"]
    return [item["user"]["name"] for item in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user.name==Ann", {"Ann"}),
        ("user.name!=Ann", {"Bo", "Cy"}),
        ("user.userId==u-*", {"Ann", "Bo"}),
        ("user.name==Ann,user.name==Cy", {"Ann", "Cy"}),
        ("state==active;assignment.id==sandbox-queue-2", {"Bo", "Cy"}),
        (
            "user.name==Ann,(assignment.id==sandbox-queue-2;user.userId==v-3)",
            {"Ann", "Cy"},
        ),
        ("user.name=ge=Bo", {"Bo", "Cy"}),
        ("state==idle", set()),
    ],
)
def test_conversations_are_filtered(
    api: Caller, people: dict[str, str], text: str, expected: set[str]
) -> None:
    assert set(names(api, filter=text)) == expected


@pytest.mark.parametrize(
    "text", ["user.name", "==Ann", "secret==1", "(state==active", "state==active)"]
)
def test_a_filter_that_is_not_understood_is_refused(api: Caller, text: str) -> None:
    answer = api.gateway("GET", "/conversations", params={"filter": text})
    assert answer.status_code == 400
    assert answer.json()["validations"][0]["field"] == "filter"


def test_conversations_are_sorted_and_paged(
    api: Caller, people: dict[str, str]
) -> None:
    assert names(api, sort="user.name:desc") == ["Cy", "Bo", "Ann"]
    query = {"sort": "user.name:asc", "size": "2", "page": "1"}
    answer = api.gateway("GET", "/conversations", params=query).json()
    assert [item["id"] for item in answer["_embedded"]["conversations"]] == [
        people["Cy"]
    ]
    assert answer["page"] == {
        "size": 2,
        "number": 1,
        "totalElements": 3,
        "totalPages": 2,
    }
    assert answer["_links"]["self"]["href"].startswith(
        "/chat-gateway/v1/conversations?"
    )


@pytest.mark.parametrize(
    "query", [{"sort": "colour:asc"}, {"sort": "id:up"}, {"size": "0"}, {"page": "-1"}]
)
def test_a_wrong_page_or_order_is_refused(api: Caller, query: dict[str, str]) -> None:
    assert api.gateway("GET", "/conversations", params=query).status_code == 400


def test_messages_come_newest_first_and_can_be_turned_round(api: Caller) -> None:
    conversation_id = api.start_conversation(
        history={"messages": [{"authorType": "user", "text": "before"}]}
    )
    texts = [f"message {number}" for number in range(25)]
    for text in texts:
        api.say(conversation_id, text)

    def page(**query: str) -> list[str]:
        answer = api.gateway(
            "GET", f"/conversations/{conversation_id}/messages", params=query
        )
        return [item["text"] for item in answer.json()["_embedded"]["messages"]]

    assert page() == texts[::-1][:20]
    assert page(sort="createdAt:asc", size="100") == texts
    assert page(size="20", page="1") == texts[::-1][20:]


def test_a_list_never_has_more_than_a_hundred(api: Caller) -> None:
    answer = api.gateway("GET", "/conversations", params={"size": "1000"})
    assert answer.json()["page"]["size"] == 100


def test_queue_statistics_follow_the_conversations(
    api: Caller, people: dict[str, str]
) -> None:
    queues = {
        queue["queue-name"]: queue
        for queue in api.call("GET", "/cc/v1/stats/rt/queues").json()["queue"]
    }
    assert queues["Support"]["queue-size"] == 1
    assert queues["Billing"]["queue-size"] == 2
    api.act("ada", "accept", people["Ann"])
    path = "/cc/v1/stats/rt/queue/sandbox-queue"
    support = api.call("GET", path).json()["queue"]
    assert support["queue-size"] == 0
    assert support["agent-count-busy"] == 1
    assert support["agent-count-waitTransact"] == 2
    unknown = api.call("GET", "/cc/v1/stats/rt/queue/unknown")
    assert unknown.status_code == 404


def test_the_schedule_is_open(api: Caller) -> None:
    (schedule,) = api.call("GET", "/cc/v1/schedules").json()["schedules"]["schedule"]
    status = api.call("GET", f"/cc/v1/schedules/{schedule['id']}/status").json()
    assert status == {"schedule-status": {"status": 0}}
