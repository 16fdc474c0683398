"""`GET /<URLToken>/history`: what a reloaded page shows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from endpoints.models import Endpoint
from handover.models import AuthorType, ChatSession, Handover
from handover.services import HandoverRequest, HistoryItem, start_handover
from tests.handover.channels import contact_center
from tests.handover.channels.conftest import Say

History = Callable[..., dict[str, Any]]


def test_a_session_that_never_spoke_is_empty_and_stays_unknown(
    history: History,
) -> None:
    assert history() == {"messages": [], "lastSeq": 0, "handover": None}
    assert ChatSession.objects.count() == 0


def test_it_tells_what_became_of_the_users_own_messages(
    say: Say, history: History
) -> None:
    say("agent please")
    say("are you there?")
    own = [entry for entry in history()["messages"] if entry["source"] == "user"]
    assert [(entry["text"], entry["delivery"]) for entry in own] == [
        ("agent please", "none"),
        ("are you there?", "pending"),
    ]


def test_it_ends_where_the_stream_goes_on(say: Say, history: History) -> None:
    say("hello")
    document = history()
    assert document["lastSeq"] == document["messages"][-1]["seq"] == 2


def test_another_session_of_the_same_user_is_not_shown(
    say: Say, history: History
) -> None:
    say("hello", session_id="session-2")
    assert history()["messages"] == []


def test_history_that_a_bot_gave_along_is_not_told_to_the_user_again(
    endpoint: Endpoint, history: History
) -> None:
    said = (HistoryItem(author_type=AuthorType.BOT, text="said long ago"),)
    start_handover(
        endpoint=endpoint,
        request=HandoverRequest(user_id="user-1", session_id="session-1", history=said),
    )
    assert [entry["source"] for entry in history()["messages"]] == ["system"]


def test_a_late_word_of_the_agent_is_not_shown(say: Say, history: History) -> None:
    say("agent please")
    say("stop waiting")
    contact_center.speak(Handover.objects.get(), "too late")
    assert "too late" not in str(history())


@pytest.mark.parametrize(
    "query", [{}, {"userId": "u"}, {"userId": "", "sessionId": ""}]
)
def test_without_both_names_there_is_nothing(
    client: Client, endpoint: Endpoint, query: dict[str, str]
) -> None:
    answer = client.get(f"/{endpoint.url_token}/history", query)
    assert answer.status_code == 400


def test_unknown_and_disabled_endpoints_show_nothing(
    client: Client, endpoint: Endpoint
) -> None:
    query = {"userId": "u", "sessionId": "s"}
    assert client.get("/" + "0" * 64 + "/history", query).status_code == 404
    Endpoint.objects.update(enabled=False)
    answer = client.get(f"/{endpoint.url_token}/history", query)
    assert answer.status_code == 403
