"""Callbacks: signature, order, retries, the log."""

import time
import zlib

import jwt
import pytest

from tests.sandbox.receiver import Received, Receiver
from tests.sandbox.running import VERSION, Caller, webhook_body


def signed_document(callback: Received) -> bytes:
    """Written out by hand, because the order of the keys is what matters."""
    headers = callback.headers
    return (
        f'{{"checksum":{zlib.crc32(callback.body)}'
        f',"cid":"{headers["x-8x8-customer-id"]}"'
        f',"eid":"{headers["x-8x8-event-id"]}"'
        f',"retry":{headers["x-8x8-retry"]}'
        f',"tid":"{headers["x-8x8-tenant-id"]}"'
        f',"tt":{headers["x-8x8-transmission-time"]}}}'
    ).encode()


def check_signature(api: Caller, callback: Received) -> None:
    """Raises InvalidSignatureError."""
    signature = callback.headers["x-8x8-signature"]
    header = jwt.get_unverified_header(signature)
    assert header["b64"] is False
    assert header["crit"] == ["b64"]
    jwk = api.gateway("GET", f"/jwk/{header['kid']}/public", headers={}).json()
    jwt.PyJWS().decode(
        signature,
        jwt.PyJWK(jwk),
        algorithms=["RS256"],
        detached_payload=signed_document(callback),
    )


def test_every_callback_is_signed_with_the_published_key(
    api: Caller, receiver: Receiver
) -> None:
    api.start_conversation()
    for callback in receiver.wait_for_count(3):
        check_signature(api, callback)
        assert callback.headers["x-8x8-tenant-id"] == "sandbox-tenant"
        assert callback.headers["x-8x8-customer-id"] == "sandbox-customer"
        assert callback.headers["x-8x8-retry"] == "0"
        assert callback.headers["content-type"] == "application/json"
        sent_at = int(callback.headers["x-8x8-transmission-time"]) / 1000
        assert abs(time.time() - sent_at) < 10
    assert len({callback.event_id for callback in receiver.received}) == 3


def test_another_key_is_not_found(api: Caller) -> None:
    assert api.gateway("GET", "/jwk/unknown/public", headers={}).status_code == 404


def test_the_key_is_also_at_its_older_address(api: Caller, receiver: Receiver) -> None:
    api.start_conversation()
    signature = receiver.wait_for_count(3)[0].headers["x-8x8-signature"]
    kid = jwt.get_unverified_header(signature)["kid"]
    old = api.call("GET", f"/vcc/us/chat/v2/jwk/{kid}/public", headers={})
    assert old.json() == api.gateway("GET", f"/jwk/{kid}/public", headers={}).json()


def test_many_events_of_one_conversation_arrive_in_order(
    api: Caller, receiver: Receiver
) -> None:
    conversation_id = api.start_conversation()
    texts = [f"message {number}" for number in range(40)]
    for text in texts:
        api.say(conversation_id, text)
    echoes = receiver.wait_for_type("MESSAGE", len(texts))
    assert [echo.document["data"]["text"] for echo in echoes] == texts


def test_a_refused_callback_comes_again_and_holds_nothing_back(
    api: Caller, receiver: Receiver
) -> None:
    receiver.answer_next(503, 200, 200, 500, 302)
    api.start_conversation()
    first, *others = receiver.wait_for_count(6)
    again = [item for item in others if item.event_id == first.event_id]
    assert [item.event_type for item in others[:2]] == ["CONVERSATION_UPDATE", "QUEUED"]
    assert [item.headers["x-8x8-retry"] for item in again] == ["1", "2", "3"]
    assert {item.body for item in again} == {first.body}
    times = [int(i.headers["x-8x8-transmission-time"]) for i in [first, *again]]
    assert times == sorted(set(times))
    for item in again:
        check_signature(api, item)


def test_the_log_tells_every_attempt(api: Caller, receiver: Receiver) -> None:
    receiver.answer_next(503)
    conversation_id = api.start_conversation()
    receiver.wait_for_count(4)
    logged = api.callbacks(conversation_id)
    assert [item["eventType"] for item in logged] == [
        "CONVERSATION_UPDATE",
        "CONVERSATION_UPDATE",
        "QUEUED",
    ]
    assert logged[0]["attempts"][0]["status"] == 503
    assert logged[0]["attempts"][0]["retry"] == 0


def test_retries_go_to_the_corrected_address(api: Caller, receiver: Receiver) -> None:
    api.send_callbacks_to("http://127.0.0.1:9/nobody")
    api.start_conversation()
    api.send_callbacks_to(receiver.uri)
    receiver.wait_for(lambda: len({i.event_id for i in receiver.received}) == 3)


def test_callbacks_carry_the_tenant_of_their_conversation(
    api: Caller, receiver: Receiver
) -> None:
    credentials = {"apiKey": "k-2", "tenant": "t-2", "customer": "c-2"}
    added = api.call("POST", "/sandbox/tenants", json=credentials)
    assert added.status_code == 201
    other = Caller(url=api.url, api_key="k-2", tenant="t-2")
    webhook = other.gateway("POST", "/webhooks", json=webhook_body(uri=receiver.uri))
    channel = other.gateway(
        "POST",
        "/channels",
        json={
            "name": "Chat",
            "type": "ChatAPI",
            "webHookId": webhook.json()["id"],
            "routingOptions": {"type": "queue", "id": added.json()["queues"][0]["id"]},
        },
    )
    other.start_conversation(channelId=channel.json()["id"])
    for callback in receiver.wait_for_count(3):
        assert callback.headers["x-8x8-tenant-id"] == "t-2"
        assert callback.headers["x-8x8-customer-id"] == "c-2"
        check_signature(api, callback)


def test_a_webhook_is_verified_by_one_signed_call(
    api: Caller, receiver: Receiver
) -> None:
    body = {"uri": receiver.uri, "version": VERSION}
    answer = api.gateway("POST", "/webhooks/verify", json=body)
    assert answer.status_code == 204
    (callback,) = receiver.wait_for_count(1)
    assert callback.document == {
        "notificationVersion": VERSION,
        "eventType": "WEB_HOOK_VERIFY",
    }
    check_signature(api, callback)


def test_a_webhook_that_does_not_answer_well_is_reported(
    api: Caller, receiver: Receiver
) -> None:
    receiver.answer_next(404)
    body = {"uri": receiver.uri, "version": VERSION}
    answer = api.gateway("POST", "/webhooks/verify", json=body)
    assert answer.status_code == 400
    assert "404" in answer.json()["errors"][0]["message"]
    receiver.wait_for_count(1)


def test_a_wrong_document_does_not_pass_the_check_used_here(
    api: Caller, receiver: Receiver
) -> None:
    api.start_conversation()
    callback = receiver.wait_for_count(3)[0]
    changed = Received(callback.headers, callback.body.replace(b"Ann", b"Eve"))
    with pytest.raises(jwt.InvalidSignatureError):
        check_signature(api, changed)
