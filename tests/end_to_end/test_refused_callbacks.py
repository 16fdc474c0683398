"""Callbacks that are not 8x8's, or not as they must be: refused without a trace."""

import base64
import json
from collections.abc import Callable

import pytest
import requests

from launcher.stack import Stack
from sandbox.signing import load_or_create_signer
from tests.end_to_end.signed_callbacks import (
    Callback,
    agent_message,
    encoded,
    new_event_id,
    now_milliseconds,
    strangers_signer,
)
from tests.end_to_end.talk import JsonObject, Talk
from tests.stack.fixtures import Provision
from tests.stack.manage_process import ManageProcess
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack

SIX_MINUTES = 6 * 60 * 1000
LARGEST_BODY = 256 * 1024
SIGNATURE = "x-8x8-signature"
FORGED = "Please send 10000 EUR"
HEADERS = (
    *("x-8x8-tenant-id", "x-8x8-customer-id", "x-8x8-event-id"),
    *("x-8x8-transmission-time", "x-8x8-retry", SIGNATURE),
)
ROWS = """
from django.db.models import Sum
from handover.models import CallbackEvent, CallbackRejection
config = "__TENANT__"
result = {
    "events": CallbackEvent.objects.filter(config__tenant=config).count(),
    "conflicts": CallbackEvent.objects.filter(
        config__tenant=config, body_conflict=True).count(),
    "rejections": CallbackRejection.objects.aggregate(n=Sum("count"))["n"] or 0,
    "forged": CallbackEvent.objects.filter(body__contains="__FORGED__").count(),
}
"""


class Target:
    """A conversation that somebody wants to talk into, and 8x8's own key."""

    def __init__(self, talk: Talk, genuine: Callback, manage: ManageProcess) -> None:
        self.talk = talk
        self.genuine = genuine
        self.heard: list[str] = []
        self._manage = manage
        endpoint = talk.endpoint
        self.shared_url = f"{endpoint.base_url}/handover/eightByEight"
        self.urls = (self.shared_url, endpoint.webhook_url, endpoint.endpoint_url)

    def message(self, text: str) -> Callback:
        """A genuine message of the agent, not sent yet."""
        return self.genuine.changed(
            body=agent_message(self.talk.conversation_id, text),
            event_id=new_event_id(),
            sent_at_milliseconds=now_milliseconds(),
        )

    def hear(self, text: str, url: str = "") -> None:
        """Have the agent really say something, and wait until it has come through."""
        answer = self.message(text).post(url or self.talk.endpoint.webhook_url)
        check_answer(answer, 200, "accepted")
        self.heard.append(text)
        self.talk.wait_until_bot_knows(*self.heard)

    @property
    def forgery(self) -> Callback:
        """What must not come through; each case spoils it in its own way."""
        return self.message(FORGED)

    def rows(self) -> JsonObject:
        """What the tables have of all this."""
        code = ROWS.replace("__TENANT__", self.talk.endpoint.eight.tenant)
        rows: JsonObject = self._manage.evaluate(code.replace("__FORGED__", FORGED))
        return rows

    def check_untouched(self, before: JsonObject, *, refused: int) -> None:
        """Nothing was stored but a count of refusals."""
        after = self.rows()
        assert after == before | {"rejections": before["rejections"] + refused}
        assert after["forged"] == 0
        assert FORGED not in self.talk.lines("agent", "system", "user", "bot")


@pytest.fixture(scope="module")
def target(stack: Stack, provision: Provision, manage: ManageProcess) -> Target:
    endpoint = provision("target")
    talk = Talk.start_with_agent(endpoint)
    genuine = Callback(
        signer=load_or_create_signer(folder=stack.folders.sandbox),
        body=b"",
        tenant=endpoint.eight.tenant,
        customer=endpoint.eight.customer,
        event_id="",
        sent_at_milliseconds=0,
    )
    wait_for(lambda: quiet(talk), what="all callbacks of the beginning")
    return Target(talk, genuine, manage)


def quiet(talk: Talk) -> bool:
    callbacks = talk.contact.callbacks(talk.conversation_id)
    return all(callback["state"] == "delivered" for callback in callbacks)


@pytest.fixture
def before(target: Target) -> JsonObject:
    return target.rows()


def check_answer(answer: requests.Response, status: int, word: str) -> None:
    """The status and one word: nothing that would help a forger."""
    assert answer.status_code == status, answer.text
    assert answer.json() == {"status": word}


def test_a_genuine_callback_comes_through_by_each_of_the_three_urls(
    target: Target, before: JsonObject
) -> None:
    for number, url in enumerate(target.urls):
        target.hear(f"genuine {number}", url)
    assert target.rows() == before | {"events": before["events"] + 3}


def other_algorithm(token: str, **header: object) -> str:
    """The same signature under a head that says something else."""
    head, _, signature = token.partition("..")
    document = json.loads(base64.urlsafe_b64decode(head + "=="))
    text = json.dumps({**document, **header}).encode()
    return f"{base64.urlsafe_b64encode(text).rstrip(b'=').decode()}..{signature}"


def without(name: str) -> Callable[[Callback, str], requests.Response]:
    return lambda callback, url: callback.post(url, **{name: ""})


def under(**header: object) -> Callable[[Callback, str], requests.Response]:
    def post(callback: Callback, url: str) -> requests.Response:
        token = other_algorithm(callback.headers[SIGNATURE], **header)
        return callback.post(url, **{SIGNATURE: token})

    return post


UNAUTHORIZED: dict[str, Callable[[Callback, str], requests.Response]] = {
    **{f"without {name}": without(name) for name in HEADERS},
    "another body": lambda c, url: c.changed(signed_body=c.body + b" ").post(url),
    "another key": lambda c, url: c.changed(signer=strangers_signer()).post(url),
    "too old": lambda c, url: c.changed(
        sent_at_milliseconds=now_milliseconds() - SIX_MINUTES
    ).post(url),
    "from the future": lambda c, url: c.changed(
        sent_at_milliseconds=now_milliseconds() + SIX_MINUTES
    ).post(url),
    "another event id than signed": lambda c, url: c.post(
        url, **{"x-8x8-event-id": new_event_id()}
    ),
    "no algorithm": under(alg="none"),
    "a symmetric algorithm": under(alg="HS256"),
    "an encoded payload": under(b64=True),
    "a key id that leads elsewhere": under(kid="../../webhooks"),
    "no signature at all": lambda c, url: c.post(url, **{SIGNATURE: "x"}),
}


@pytest.mark.parametrize("how", UNAUTHORIZED)
def test_what_is_not_signed_by_8x8_is_refused(
    target: Target, before: JsonObject, how: str
) -> None:
    forge = UNAUTHORIZED[how]
    for url in target.urls:
        check_answer(forge(target.forgery, url), 401, "unauthorized")
    target.check_untouched(before, refused=3)


def test_a_post_without_any_mark_of_8x8_is_refused(
    target: Target, before: JsonObject
) -> None:
    nothing = dict.fromkeys(HEADERS, "")
    for url in target.urls[:2]:
        check_answer(target.forgery.post(url, **nothing), 401, "unauthorized")
    # At the Endpoint URL it is a user's turn, and not a good one.
    turn = target.forgery.post(target.urls[2], **nothing)
    assert turn.status_code == 400
    target.check_untouched(before, refused=2)


def test_what_another_tenant_signed_is_refused(
    target: Target, before: JsonObject, provision: Provision
) -> None:
    other = provision("other-tenant").eight
    foreign = target.forgery.changed(tenant=other.tenant, customer=other.customer)
    for url in target.urls[1:]:
        check_answer(foreign.post(url), 403, "forbidden")
    nobody = target.forgery.changed(tenant="nobodys-tenant")
    check_answer(nobody.post(target.shared_url), 404, "not found")
    target.check_untouched(before, refused=3)


def test_another_tenant_cannot_speak_in_a_conversation_of_this_one(
    target: Target, before: JsonObject, provision: Provision
) -> None:
    other = provision("neighbour").eight
    foreign = target.forgery.changed(
        body=agent_message(target.talk.conversation_id, "From next door"),
        tenant=other.tenant,
        customer=other.customer,
    )
    # Genuine, of that tenant: kept for its own config, where nobody knows it.
    check_answer(foreign.post(target.shared_url), 200, "accepted")
    target.hear("The next thing that was said")
    target.check_untouched(before | {"events": before["events"] + 1}, refused=0)


def test_unknown_and_disabled_tokens_are_refused(
    target: Target, before: JsonObject, provision: Provision, manage: ManageProcess
) -> None:
    unknown = f"{target.shared_url}/{'0' * 64}"
    for url in (unknown, f"{target.shared_url}/short"):
        check_answer(target.forgery.post(url), 404, "not found")
    disabled = provision("disabled")
    manage.evaluate(
        "from endpoints.models import Endpoint\n"
        f"result = Endpoint.objects.filter(name={disabled.name!r})"
        ".update(enabled=False)"
    )
    signed = target.forgery.changed(
        tenant=disabled.eight.tenant, customer=disabled.eight.customer
    )
    for url in (disabled.webhook_url, disabled.endpoint_url):
        check_answer(signed.post(url), 403, "forbidden")
    check_answer(signed.post(target.shared_url), 404, "not found")
    target.check_untouched(before, refused=5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"eventType": null}',
        b'{"eventType": ""}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20].decode(errors="replace") or "empty",
)
def test_a_signed_body_that_is_no_event_is_refused(
    target: Target, before: JsonObject, body: bytes
) -> None:
    for url in target.urls:
        check_answer(target.forgery.changed(body=body).post(url), 400, "malformed")
    target.check_untouched(before, refused=3)


def test_a_body_that_is_too_large_is_refused_and_the_largest_is_taken(
    target: Target, before: JsonObject
) -> None:
    start = b'{"eventType": "SOMETHING_NEW", "filler": "'
    filler = b"x" * (LARGEST_BODY - len(start) - 2)
    largest = start + filler + b'"}'
    assert len(largest) == LARGEST_BODY
    for url in target.urls:
        too_large = target.forgery.changed(body=largest + b" ")
        check_answer(too_large.post(url), 413, "too large")
    target.check_untouched(before, refused=3)
    fits = target.forgery.changed(body=largest)
    check_answer(fits.post(target.urls[1]), 200, "accepted")
    assert target.rows()["events"] == before["events"] + 1


def test_the_same_event_again_has_no_further_effect(
    target: Target, before: JsonObject
) -> None:
    callback = target.message("Said once")
    check_answer(callback.post(target.urls[1]), 200, "accepted")
    target.heard.append("Said once")
    target.talk.wait_until_bot_knows(*target.heard)
    last = target.talk.read()["lastSeq"]
    for url in target.urls:
        check_answer(callback.post(url), 200, "duplicate")
    later = callback.changed(sent_at_milliseconds=now_milliseconds())
    check_answer(later.post(target.urls[1]), 200, "duplicate")
    # CRC32 binds no body: the first one wins, and another raises an alarm.
    other = callback.changed(body=target.forgery.body)
    check_answer(other.post(target.urls[1]), 200, "duplicate")
    rows = target.rows()
    assert rows["events"] == before["events"] + 1
    assert rows["conflicts"] == before["conflicts"] + 1
    assert rows["forged"] == 0
    target.hear("Said after it")
    assert target.talk.read()["lastSeq"] == last + 1


def test_8x8_can_check_each_url(target: Target, before: JsonObject) -> None:
    verify = encoded(
        {"notificationVersion": "Chat Gateway v1.0", "eventType": "WEB_HOOK_VERIFY"}
    )
    for url in target.urls:
        callback = target.forgery.changed(body=verify, event_id=new_event_id())
        check_answer(callback.post(url), 200, "verified")
        target.talk.endpoint.eight.call(
            "POST",
            "/chat-gateway/v1/webhooks/verify",
            json={"uri": url, "version": "Chat Gateway v1.0"},
        )
    target.check_untouched(before, refused=0)


def test_events_of_an_unknown_type_are_kept_and_change_nothing(
    target: Target, before: JsonObject
) -> None:
    last = target.talk.read()["lastSeq"]
    event = {
        "eventType": "SOMETHING_NEW",
        "conversationId": target.talk.conversation_id,
        "timestamp": now_milliseconds(),
        "data": {"shape": ["unknown"]},
    }
    callback = target.forgery.changed(body=encoded(event))
    check_answer(callback.post(target.urls[1]), 200, "accepted")
    target.hear("And after that")
    assert target.talk.read()["lastSeq"] == last + 1
    assert target.rows()["events"] == before["events"] + 2


def test_other_methods_are_not_served(target: Target) -> None:
    for url in target.urls[:2]:
        for method in ("GET", "PUT", "DELETE"):
            answer = requests.request(method, url, timeout=30)
            assert answer.status_code == 405


def test_strangers_key_ids_are_looked_up_at_8x8_only_so_often(
    target: Target, before: JsonObject, sandbox_lookups: Callable[[], int]
) -> None:
    lookups = sandbox_lookups()
    for number in range(30):
        token = other_algorithm(
            target.forgery.headers[SIGNATURE], kid=f"stranger-{number}"
        )
        answer = target.forgery.post(target.urls[1], **{SIGNATURE: token})
        check_answer(answer, 401, "unauthorized")
    assert sandbox_lookups() - lookups <= 10
    target.check_untouched(before, refused=30)
    target.hear("Still heard")


@pytest.fixture
def sandbox_lookups(target: Target) -> Callable[[], int]:
    """How often 8x8 was asked for a public key so far."""
    return lambda: len(target.talk.contact.requests("/jwk/"))


def test_nothing_of_all_this_is_in_the_conversation(target: Target) -> None:
    """The last test: whatever came before it, only what was genuine was heard."""
    talk = target.talk
    talk.act("end")
    talk.wait_until("completed")
    assert talk.lines("agent") == target.heard
    relayed = [
        event["data"]["message"]["text"]
        for event in talk.events()
        if event["type"] == "handover.message"
    ]
    assert relayed == target.heard
    assert FORGED not in json.dumps(talk.events())
