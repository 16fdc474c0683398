"""What 8x8, and anybody who is not 8x8, is answered on each of the three URLs."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from handover.models import CallbackEvent, CallbackRejection, HandoverEvent
from tests.handover.callbacks import (
    SHARED_URL,
    Forge,
    Post,
    Signed,
    encode,
    webhook_url,
    work_inbox,
)
from tests.handover.clock import Clock
from tests.handover.conftest import MakeEndpoint
from tests.handover.webhooks.crc32 import with_checksum_of
from tests.handover.wire import Wire

Kept = Callable[[], dict[str, int]]
NOTHING = {"events": 0, "inboxes": 0, "messages": 0, "rejected": 0}
REFUSED = {**NOTHING, "rejected": 1}
SECRET_WORDS = "please refund 10000 EUR"
MESSAGE = {
    "eventType": "MESSAGE",
    "conversationId": "conversation-1",
    "timestamp": 1767225600000,
    "data": {
        "isEcho": False,
        "sender": {"id": "agent-1", "type": "agent"},
        "text": SECRET_WORDS,
    },
}


@pytest.fixture(params=["own", "shared", "endpoint"])
def url(request: pytest.FixtureRequest, endpoint: Endpoint) -> str:
    """Each of the three URLs that an admin may have given to 8x8."""
    urls = {
        "own": webhook_url(endpoint),
        "shared": SHARED_URL,
        "endpoint": f"/{endpoint.url_token}",
    }
    return urls[request.param]


@pytest.fixture
def token_urls(endpoint: Endpoint) -> list[str]:
    return [webhook_url(endpoint), f"/{endpoint.url_token}"]


def test_a_new_event_is_stored_before_it_is_accepted(
    post: Post, forge: Forge, url: str, kept: Kept
) -> None:
    signed = forge.sign(MESSAGE, retry=2)
    answer = post.post(signed, url=url)
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    assert kept() == {**NOTHING, "events": 1}
    event = CallbackEvent.objects.get()
    assert (event.event_id, event.event_type) == (signed.event_id, "MESSAGE")
    assert (event.conversation_id, event.retry) == ("conversation-1", 2)
    assert event.body == signed.body.decode()
    assert (event.verdict, event.body_conflict) == ("pending", False)


def test_a_trailing_slash_makes_no_difference(
    post: Post, forge: Forge, url: str
) -> None:
    assert post.post(forge.sign(MESSAGE), url=f"{url}/").status_code == 200


def test_the_same_event_again_is_a_duplicate_without_effect(
    post: Post, forge: Forge, url: str, kept: Kept
) -> None:
    post.post(forge.sign(MESSAGE, event_id="e-1"), url=url)
    for retry in (1, 2):
        again = forge.sign(MESSAGE, event_id="e-1", retry=retry)
        answer = post.post(again, url=url)
        assert (answer.status_code, answer.json()) == (200, {"status": "duplicate"})
    assert kept() == {**NOTHING, "events": 1}
    event = CallbackEvent.objects.get()
    assert (event.duplicate_count, event.retry, event.body_conflict) == (2, 0, False)


def test_another_body_with_the_same_checksum_is_an_alarm_and_changes_nothing(
    post: Post, forge: Forge, url: str, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    signed = forge.sign(MESSAGE)
    other = {**MESSAGE, "eventType": "CONVERSATION_UPDATE", "data": {"state": "idle"}}
    forged = with_checksum_of(
        signed.body, start=encode(other)[:-1] + b',"x":"', end=b'"}'
    )
    assert json.loads(forged)["data"] == {"state": "idle"}
    post.post(signed, url=url)
    with caplog.at_level(logging.ERROR):
        answer = post.post(signed, url=url, body=forged)
    assert (answer.status_code, answer.json()) == (200, {"status": "duplicate"})
    assert kept() == {**NOTHING, "events": 1}
    event = CallbackEvent.objects.get()
    assert (event.body, event.body_conflict) == (signed.body.decode(), True)
    assert "came again with another body" in caplog.text


def test_8x8s_own_check_of_the_webhook_is_verified_and_shown(
    post: Post, forge: Forge, url: str, kept: Kept
) -> None:
    verify = {"notificationVersion": "v1.0", "eventType": "WEB_HOOK_VERIFY"}
    answer = post.post(forge.sign(verify), url=url)
    assert (answer.status_code, answer.json()) == (200, {"status": "verified"})
    assert kept() == NOTHING
    assert EightByEightConfig.objects.get().reached_us_at is not None


@pytest.mark.parametrize(
    "left_out",
    [
        "x-8x8-signature",
        "x-8x8-tenant-id",
        "x-8x8-customer-id",
        "x-8x8-event-id",
        "x-8x8-transmission-time",
        "x-8x8-retry",
    ],
)
def test_an_unsigned_callback_is_refused(
    post: Post, forge: Forge, url: str, kept: Kept, left_out: str
) -> None:
    answer = post.post(forge.sign(MESSAGE), url=url, leave_out=left_out)
    assert (answer.status_code, answer.json()) == (401, {"status": "unauthorized"})
    assert kept() == REFUSED
    assert CallbackRejection.objects.get().reason == "missing"


def test_a_callback_signed_for_another_body_is_refused(
    post: Post, forge: Forge, url: str, kept: Kept
) -> None:
    answer = post.post(forge.sign(MESSAGE, wrong=True), url=url)
    assert (answer.status_code, answer.json()) == (401, {"status": "unauthorized"})
    assert kept() == REFUSED


def test_a_changed_body_is_refused(
    post: Post, forge: Forge, url: str, kept: Kept
) -> None:
    signed = forge.sign(MESSAGE)
    answer = post.post(signed, url=url, body=signed.body + b" ")
    assert (answer.status_code, kept()) == (401, REFUSED)


@pytest.mark.parametrize(
    "header", ["x-8x8-event-id", "x-8x8-customer-id", "x-8x8-retry"]
)
def test_a_changed_header_is_refused(
    post: Post, forge: Forge, url: str, kept: Kept, header: str
) -> None:
    signed = forge.sign(MESSAGE)
    changed = Signed(signed.body, {**signed.headers, header: "77"})
    assert post.post(changed, url=url).status_code == 401
    assert kept() == REFUSED


def test_a_callback_signed_with_a_key_that_8x8_does_not_have_is_refused(
    post: Post, forge: Forge, stranger: Forge, url: str, kept: Kept
) -> None:
    assert stranger.kid != forge.kid
    answer = post.post(stranger.sign(MESSAGE), url=url)
    assert (answer.status_code, kept()) == (401, REFUSED)
    assert CallbackRejection.objects.get().reason == "unknown-key"


@pytest.mark.parametrize("seconds_ago", [301, 86400, -301])
def test_a_stale_callback_is_refused_and_a_retry_of_it_is_not(
    post: Post, forge: Forge, url: str, kept: Kept, seconds_ago: float
) -> None:
    stale = forge.sign(MESSAGE, event_id="e-1", seconds_ago=seconds_ago)
    assert post.post(stale, url=url).status_code == 401
    assert kept() == REFUSED
    retried = forge.sign(MESSAGE, event_id="e-1", retry=1)
    assert post.post(retried, url=url).status_code == 200


def test_a_captured_callback_cannot_be_played_again_after_the_window(
    post: Post, forge: Forge, url: str, clock: Clock, kept: Kept
) -> None:
    signed = forge.sign(MESSAGE)
    clock.move(301)
    assert post.post(signed, url=url).status_code == 401
    assert kept() == REFUSED


def test_an_unknown_token_is_not_found(
    post: Post, forge: Forge, kept: Kept, wire: Wire
) -> None:
    for path in (f"{SHARED_URL}/{'0' * 64}", f"{SHARED_URL}/x", f"/{'0' * 64}"):
        answer = post.post(forge.sign(MESSAGE), url=path)
        assert (answer.status_code, answer.json()) == (404, {"status": "not found"})
    assert kept() == {**NOTHING, "rejected": 3}
    assert wire.calls() == []


def test_an_unknown_tenant_is_not_found_on_the_shared_url(
    post: Post, forge: Forge, kept: Kept, wire: Wire
) -> None:
    answer = post.post(forge.sign(MESSAGE, tenant="somebody"), url=SHARED_URL)
    assert (answer.status_code, kept()) == (404, REFUSED)
    assert wire.calls() == []


def test_a_disabled_endpoint_takes_nothing(
    post: Post, forge: Forge, endpoint: Endpoint, token_urls: list[str], kept: Kept
) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False)
    answers = [post.post(forge.sign(MESSAGE), url=url) for url in token_urls]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert post.post(forge.sign(MESSAGE), url=SHARED_URL).status_code == 404
    assert kept() == {**NOTHING, "rejected": 3}


def test_the_tenant_of_another_config_is_forbidden(
    post: Post, forge: Forge, token_urls: list[str], kept: Kept
) -> None:
    for url in token_urls:
        answer = post.post(forge.sign(MESSAGE, tenant="other-tenant"), url=url)
        assert (answer.status_code, answer.json()) == (403, {"status": "forbidden"})
    assert kept() == {**NOTHING, "rejected": 2}


def test_the_first_tenant_seen_is_the_configs_own_while_none_is_given(
    post: Post, forge: Forge, token_urls: list[str]
) -> None:
    EightByEightConfig.objects.update(tenant="")
    assert post.post(forge.sign(MESSAGE), url=token_urls[0]).status_code == 200
    assert EightByEightConfig.objects.get().observed_tenant == "sandbox-tenant"
    other = forge.sign(MESSAGE, tenant="other-tenant")
    assert post.post(other, url=token_urls[0]).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[]",
        b'"MESSAGE"',
        b"null",
        b"{}",
        b'{"eventType": ""}',
        b'{"eventType": 7.5}',
        b'{"eventType": null, "conversationId": "c"}',
        b'{"eventType": "MESSAGE", "value": NaN}',
        b'{"eventType": "MESSAGE", "value": 1e999}',
        b'{"eventType": "MESSAGE", "value": ' + b"[" * 30000 + b"]" * 30000 + b"}",
    ],
)
def test_what_is_no_event_is_malformed(
    post: Post, forge: Forge, url: str, kept: Kept, body: bytes
) -> None:
    answer = post.post(forge.sign(body), url=url)
    assert (answer.status_code, answer.json()) == (400, {"status": "malformed"})
    assert kept() == REFUSED


def test_a_malformed_body_without_a_signature_is_not_even_read(
    post: Post, forge: Forge, url: str
) -> None:
    answer = post.post(forge.sign(b"no json"), url=url, leave_out="x-8x8-signature")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413), (3_000_000, 413)]
)
def test_a_body_of_more_than_256_kib_is_too_large(
    post: Post, forge: Forge, url: str, kept: Kept, size: int, status: int
) -> None:
    body = encode(MESSAGE).ljust(size)
    answer = post.post(forge.sign(body), url=url)
    assert answer.status_code == status
    assert kept() == ({**NOTHING, "events": 1} if status == 200 else REFUSED)


def test_other_methods_are_not_allowed(post: Post, client: Any, url: str) -> None:
    assert client.put(url).status_code == 405


def test_a_key_service_that_is_down_lets_8x8_try_again(
    make_endpoint: MakeEndpoint, post: Post, forge: Forge, kept: Kept
) -> None:
    EightByEightConfig.objects.update(base_url="http://127.0.0.1:9")
    answer = post.post(forge.sign(MESSAGE))
    assert (answer.status_code, answer.json()) == (503, {"status": "try again"})
    assert kept() == REFUSED


def test_refusals_say_and_log_nothing_that_helps_a_forger(
    post: Post, forge: Forge, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        signed = forge.sign(MESSAGE, wrong=True)
        answer = post.post(signed, url=url)
    assert set(answer.json()) == {"status"}
    assert SECRET_WORDS not in caplog.text
    assert signed.headers["x-8x8-signature"] not in caplog.text


def test_accepted_callbacks_leave_no_words_in_the_logs(
    post: Post, forge: Forge, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        post.post(forge.sign(MESSAGE), url=url)
        work_inbox()
    assert SECRET_WORDS not in caplog.text


def test_a_refused_callback_starts_nothing(
    post: Post, forge: Forge, wire: Wire, url: str
) -> None:
    post.post(forge.sign(MESSAGE), url=url)  # the key is known from now on
    before = len(wire.calls())
    post.post(forge.sign(MESSAGE, wrong=True), url=url)
    work_inbox()
    assert HandoverEvent.objects.count() == 0
    assert len(wire.calls()) == before


def test_a_users_turn_at_the_endpoint_url_is_no_callback(
    client: Any, endpoint: Endpoint, kept: Kept
) -> None:
    answer = client.post(
        f"/{endpoint.url_token}",
        {"userId": "u", "sessionId": "s", "text": "hello"},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert kept()["events"] == 0
