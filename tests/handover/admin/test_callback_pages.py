from typing import Any

from django.test import Client
from django.utils import timezone

from handover.models import (
    CallbackEvent,
    CallbackRejection,
    ConversationInbox,
    Handover,
    Verdict,
)
from tests.handover.admin.rows import make_callback

LIST = "/admin/handover/callbackevent/"
REJECTIONS = "/admin/handover/callbackrejection/"
INBOXES = "/admin/handover/conversationinbox/"


def page_of(event: CallbackEvent) -> str:
    return f"{LIST}{event.pk}/change/"


def ids_listed(client: Client, address: str) -> set[int]:
    response = client.get(address)
    assert response.status_code == 200
    return {row.pk for row in response.context["cl"].result_list}


def test_the_list_shows_verdict_handover_endpoint_and_alarm(
    operator: Client, handover: Handover
) -> None:
    make_callback(handover, duplicate_count=3, body_conflict=True)
    shown = operator.get(LIST).content.decode()
    assert "processed" in shown
    assert "QUEUED" in shown
    assert "acme" in shown
    assert f"/admin/handover/handover/{handover.pk}/change/" in shown
    assert "other body" in shown


def test_events_are_found_by_verdict_type_alarm_and_id(
    operator: Client, handover: Handover
) -> None:
    make_callback(handover)
    orphan = make_callback(
        handover,
        event_id="the-orphan",
        event_type="TRANSFER",
        verdict=Verdict.ORPHAN,
        body_conflict=True,
    )
    for query in (
        "?verdict__exact=orphan",
        "?type=TRANSFER",
        "?body_conflict__exact=1",
        "?q=the-orphan",
    ):
        assert ids_listed(operator, LIST + query) == {orphan.pk}


def test_the_page_shows_the_body_indented_and_escaped(
    operator: Client, handover: Handover
) -> None:
    event = make_callback(handover, body='{"text": "<script>alert(1)</script>"}')
    shown = operator.get(page_of(event)).content.decode()
    assert "{\n  &quot;text&quot;: &quot;&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown


def test_a_body_that_is_no_json_is_shown_as_it_came(
    operator: Client, handover: Handover
) -> None:
    event = make_callback(handover, body="no <b>json</b>")
    assert "no &lt;b&gt;json&lt;/b&gt;" in operator.get(page_of(event)).content.decode()


def test_many_events_need_few_queries(
    operator: Client, handover: Handover, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_callback(handover)
    with django_assert_max_num_queries(9) as captured:
        operator.get(LIST)
    assert not any('"body"' in query["sql"] for query in captured.captured_queries)


def test_refused_callbacks_are_counted_by_reason(operator: Client, db: None) -> None:
    row = CallbackRejection.objects.create(
        scope="unknown", reason="bad-signature", minute=timezone.now(), count=17
    )
    shown = operator.get(REJECTIONS).content.decode()
    assert "bad-signature" in shown
    assert "17" in shown
    assert operator.get(f"{REJECTIONS}{row.pk}/change/").status_code == 200
    assert ids_listed(operator, f"{REJECTIONS}?q=unknown") == {row.pk}


def test_inboxes_of_conversations_are_listed(
    operator: Client, handover: Handover
) -> None:
    inbox = ConversationInbox.objects.create(
        config=handover.config, conversation_id="CC1", due_at=timezone.now()
    )
    assert "CC1" in operator.get(INBOXES).content.decode()
    assert operator.get(f"{INBOXES}{inbox.pk}/change/").status_code == 200
