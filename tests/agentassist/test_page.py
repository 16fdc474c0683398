import json
import re
from typing import Any

from django.test import Client
from django.utils import timezone

from endpoints.models import EightByEightConfig, Endpoint
from handover.delivery.announcements import mark_message
from handover.models import DeliveryState, Handover, Message
from handover.services import close_handover
from tests.agentassist.links import PAGE, link_of
from tests.handover.admin.rows import (
    make_endpoint,
    make_handover,
    say_as_agent,
    say_as_user,
)

DATA = re.compile(
    r'<script id="workspace" type="application/json">(.*?)</script>', re.DOTALL
)


def workspace_of(client: Client, link: dict[str, str]) -> dict[str, Any]:
    response = client.get(PAGE, link)
    assert response.status_code == 200
    found = DATA.search(response.content.decode())
    assert found is not None
    document: dict[str, Any] = json.loads(found.group(1))
    return document


def texts_of(workspace: dict[str, Any]) -> list[str]:
    return [message["text"] for message in workspace["messages"]]


def test_the_link_opens_the_transcript_with_its_history_in_order(
    client: Client, link: dict[str, str]
) -> None:
    workspace = workspace_of(client, link)
    texts = texts_of(workspace)
    assert texts[:2] == ["history question of session-1", "history answer of session-1"]
    assert texts[2].startswith("Agent Assist: http")
    assert texts[3:] == [
        "words of the user",
        "words of the agent",
        "words for the agent only",
    ]
    assert [message["isEarlier"] for message in workspace["messages"]] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_the_page_shows_status_hands_user_and_reason(
    client: Client, link: dict[str, str]
) -> None:
    state = workspace_of(client, link)["state"]
    assert state["status"] == "active"
    assert state["statusText"] == "With an agent"
    assert state["agentName"] == "Grace Hopper"
    assert state["queueName"] == "acme-queue"
    assert state["user"]["email"] == "ada@example.org"
    assert state["user"]["additionalProperties"] == {"plan": "gold"}
    assert state["reason"] == {"code": "", "text": "reason of session-1"}
    assert state["waitingSince"] is None


def test_who_waits_is_shown_since_when(client: Client, endpoint: Endpoint) -> None:
    waiting = make_handover(endpoint, "waiting")
    state = workspace_of(client, link_of(waiting))["state"]
    assert state["status"] == "requested"
    assert state["waitingSince"] == state["createdAt"]


def test_every_message_says_what_became_of_it(
    client: Client, handover: Handover, link: dict[str, str]
) -> None:
    lost = Message.objects.get(text="words of the user")
    mark_message(lost, delivery=DeliveryState.FAILED, reason="rejected")
    shown = {
        message["text"]: message for message in workspace_of(client, link)["messages"]
    }
    assert shown["words of the user"]["delivery"] == "failed"
    assert shown["words of the user"]["deliveryText"] == "Failed"
    assert shown["words of the user"]["deliveryReason"] == "rejected"
    assert shown["words of the agent"]["deliveryText"] == ""
    assert shown["words for the agent only"]["isAgentOnly"] is True


def test_without_a_given_history_the_session_itself_is_the_history(
    client: Client, endpoint: Endpoint
) -> None:
    first = make_handover(endpoint, "twice")
    say_as_user(first, "said in the first handover")
    close_handover(handover=first)
    second = make_handover(endpoint, "twice")
    Message.objects.filter(handover=second, source="history").delete()
    say_as_user(second, "said in the second handover")
    workspace = workspace_of(client, link_of(second))
    assert workspace["state"]["id"] == str(second.pk)
    earlier = [each["text"] for each in workspace["messages"] if each["isEarlier"]]
    assert "said in the first handover" in earlier
    assert texts_of(workspace)[-1] == "said in the second handover"


def test_no_other_session_is_ever_shown(
    client: Client, endpoint: Endpoint, link: dict[str, str]
) -> None:
    say_as_agent(make_handover(endpoint, "neighbour"), "neighbour's words")
    stranger = make_handover(make_endpoint("other"), "session-1")
    say_as_agent(stranger, "stranger's words")
    body = client.get(PAGE, link).content.decode()
    assert "neighbour" not in body
    assert "stranger" not in body


def test_what_anybody_wrote_does_not_become_html(
    client: Client, handover: Handover, link: dict[str, str]
) -> None:
    say_as_user(handover, "</script><script>alert(1)</script>")
    body = client.get(PAGE, link).content.decode()
    assert "<script>alert(1)" not in body
    assert texts_of(workspace_of(client, link))[-1] == (
        "</script><script>alert(1)</script>"
    )


def test_the_page_goes_to_no_cache_no_other_site_and_runs_no_inline_script(
    client: Client, link: dict[str, str]
) -> None:
    response = client.get(PAGE, link)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "style-src 'self';" in f"{policy};"
    assert "unsafe-inline" not in policy
    scripts = re.findall(r"<script[^>]*>", response.content.decode())
    assert scripts == [
        '<script id="workspace" type="application/json">',
        '<script type="module" src="/static/agentassist/workspace.js">',
    ]


def test_a_link_that_is_older_than_our_knowledge_of_the_tenant_still_works(
    client: Client, db: None
) -> None:
    handover = make_handover(make_endpoint("young", tenant=""))
    old_link = link_of(handover)
    assert old_link["organisationId"] == ""
    EightByEightConfig.objects.filter(pk=handover.config_id).update(
        observed_tenant="observed-tenant", reached_us_at=timezone.now()
    )
    handover.refresh_from_db()
    new_link = link_of(Handover.objects.get(pk=handover.pk))
    assert new_link["organisationId"] == "observed-tenant"
    assert client.get(PAGE, old_link).status_code == 200
    assert client.get(PAGE, new_link).status_code == 200
    wrong = new_link | {"organisationId": "another-tenant"}
    assert client.get(PAGE, wrong).status_code == 403
