from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from endpoints.models import Endpoint
from handover.links import agent_assist_url
from handover.models import Delivery, Handover, HandoverEvent
from handover.states import EndReason, HandoverStatus
from tests.handover.admin.rows import (
    make_callback,
    make_dead,
    make_endpoint,
    make_handover,
    say_as_agent,
    say_as_user,
)

LIST = "/admin/handover/handover/"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ESCAPED_ATTACK = "&lt;script&gt;alert(1)&lt;/script&gt;"


def page_of(handover: Handover) -> str:
    return f"{LIST}{handover.pk}/change/"


def close_page_of(handover: Handover) -> str:
    return f"{LIST}{handover.pk}/close/"


def content(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def ids_listed(client: Client, query: str) -> set[Any]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return {row.pk for row in response.context["cl"].result_list}


def test_the_list_shows_status_endpoint_user_and_undelivered_messages(
    operator: Client, handover: Handover
) -> None:
    make_dead(say_as_user(handover, "lost words"))
    shown = content(operator, LIST)
    assert "requested" in shown
    assert "acme" in shown
    assert "session-1" in shown
    assert "user-of-session-1" in shown
    [row] = operator.get(LIST).context["cl"].result_list
    assert row.dead_count == 1


def test_a_list_of_thirty_handovers_needs_few_queries_and_counts_no_table(
    operator: Client,
    endpoint: Endpoint,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(30):
        make_dead(say_as_user(make_handover(endpoint, f"session-{number}"), "lost"))
    with django_assert_max_num_queries(9) as captured:
        response = operator.get(LIST)
    assert len(response.context["cl"].result_list) == 30
    counts = [
        query["sql"]
        for query in captured.captured_queries
        if "COUNT(*)" in query["sql"] and "handover_handover" in query["sql"]
    ]
    assert len(counts) == 1
    assert "LIMIT 10000" in counts[0]


@pytest.mark.parametrize("part", ["session", "user", "conversation", "handover"])
def test_a_handover_is_found_by_each_of_its_ids(
    operator: Client, endpoint: Endpoint, part: str
) -> None:
    wanted = make_handover(endpoint, "wanted")
    make_handover(endpoint, "other")
    terms = {
        "session": "wanted",
        "user": "user-of-wan",
        "conversation": "CCwanted",
        "handover": str(wanted.pk),
    }
    assert ids_listed(operator, f"?q={terms[part]}") == {wanted.pk}


def test_a_search_for_nothing_sensible_finds_nothing(
    operator: Client, handover: Handover
) -> None:
    assert ids_listed(operator, "?q=%27%22%25none") == set()


def test_the_filters_choose_by_status_endpoint_end_and_undelivered(
    operator: Client, endpoint: Endpoint
) -> None:
    ended = make_handover(endpoint, "ended")
    Handover.objects.filter(pk=ended.pk).update(
        status=HandoverStatus.COMPLETED, end_reason=EndReason.AGENT_ENDED
    )
    elsewhere = make_handover(make_endpoint("other"), "elsewhere")
    make_dead(say_as_user(elsewhere, "lost"))
    assert ids_listed(operator, "?status__exact=completed") == {ended.pk}
    assert ids_listed(operator, "?end_reason__exact=agent_ended") == {ended.pk}
    assert ids_listed(operator, f"?endpoint__id__exact={elsewhere.endpoint_id}") == {
        elsewhere.pk
    }
    assert ids_listed(operator, "?undelivered=dead") == {elsewhere.pk}


def test_the_page_shows_what_happened_to_a_conversation(
    operator: Client, handover: Handover
) -> None:
    make_callback(handover, event_type="QUEUED")
    make_dead(say_as_user(handover, "words that were lost"))
    handover.refresh_from_db()
    say_as_agent(handover, "words of the agent")
    shown = content(operator, page_of(handover))
    for text in (
        "history question of session-1",
        "words that were lost",
        "words of the agent",
        "Grace Hopper",
        "Callback from 8x8: QUEUED",
        "Event 1 for the bot: handover.status",
        "to 8x8: start the conversation",
        "server-trouble",
        "503",
        "422",
        "rejected",
        "reason of session-1",
        "ada@example.org",
    ):
        assert text in shown
    assert agent_assist_url(handover).replace("&", "&amp;") in shown
    assert reverse("admin:endpoints_endpoint_change", args=[handover.endpoint_id]) in (
        shown
    )


def test_the_timeline_is_in_the_order_of_time(
    operator: Client, handover: Handover
) -> None:
    make_callback(handover)
    timeline = operator.get(page_of(handover)).context["timeline"]
    moments = [entry.at for entry in timeline]
    assert moments == sorted(moments)
    assert {entry.kind for entry in timeline} == {"event", "delivery", "callback"}
    assert len(timeline) == (
        HandoverEvent.objects.count() + Delivery.objects.count() + 1
    )


def test_a_long_page_needs_no_more_queries_than_a_short_one(
    operator: Client, handover: Handover, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        make_dead(say_as_user(handover, f"line {number}"))
        make_callback(handover)
    with django_assert_max_num_queries(16):
        operator.get(page_of(handover))


def test_nothing_that_anybody_wrote_becomes_html(
    operator: Client, endpoint: Endpoint
) -> None:
    handover = make_handover(endpoint, ATTACK)
    Handover.objects.filter(pk=handover.pk).update(
        agent_name=ATTACK, queue_name=ATTACK, user={"name": ATTACK}, reason_text=ATTACK
    )
    make_dead(say_as_user(handover, ATTACK))
    make_callback(handover, event_type=ATTACK[:64], note=ATTACK[:64])
    for address in (LIST, page_of(handover), close_page_of(handover)):
        shown = content(operator, address)
        assert "<script>alert(1)" not in shown
        assert "<img src=x" not in shown
    assert ESCAPED_ATTACK in content(operator, page_of(handover))


def test_an_operator_closes_a_handover_after_being_asked(
    operator: Client, handover: Handover
) -> None:
    assert close_page_of(handover) in content(operator, page_of(handover))
    asked = content(operator, close_page_of(handover))
    assert "goes back to the bot" in asked
    handover.refresh_from_db()
    assert handover.is_running

    response = operator.post(close_page_of(handover), follow=True)
    handover.refresh_from_db()
    assert handover.status == HandoverStatus.COMPLETED
    assert handover.end_reason == EndReason.OPERATOR_CLOSED
    assert "The handover is closed." in response.content.decode()
    assert close_page_of(handover) not in response.content.decode()


def test_closing_an_ended_handover_says_so_and_changes_nothing(
    operator: Client, handover: Handover
) -> None:
    operator.post(close_page_of(handover))
    handover.refresh_from_db()
    response = operator.post(close_page_of(handover), follow=True)
    assert "had already ended" in response.content.decode()
    before = handover.ended_at
    handover.refresh_from_db()
    assert handover.ended_at == before


def test_a_handover_that_is_not_there_cannot_be_closed(operator: Client) -> None:
    address = f"{LIST}00000000-0000-0000-0000-000000000000/close/"
    assert operator.post(address).status_code == 404
    assert operator.post(f"{LIST}nonsense/close/").status_code == 404


def test_a_reader_may_look_but_not_close(reader: Client, handover: Handover) -> None:
    shown = content(reader, page_of(handover))
    assert close_page_of(handover) not in shown
    assert reader.get(close_page_of(handover)).status_code == 403
    assert reader.post(close_page_of(handover)).status_code == 403
    handover.refresh_from_db()
    assert handover.is_running
