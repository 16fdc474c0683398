"""Every call to 8x8 and every answer of the sandbox is as 8x8 published it.

Runs after all other tests of this folder, on everything that they have called.
"""

from collections import Counter
from collections.abc import Sequence

import pytest
from openapi_core.exceptions import OpenAPIError

from launcher.stack import Stack
from tests.end_to_end.admin_session import AdminSession
from tests.end_to_end.conftest import Demo
from tests.end_to_end.kept_calls import KeptCalls
from tests.end_to_end.talk import Contact, JsonObject, Talk
from tests.sandbox.specification import VARIABLE, Specification, specification_path
from tests.stack.fixtures import Provision, ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack

GATEWAY = "/chat-gateway/v1"
CONVERSATIONS = f"{GATEWAY}/conversations"
CONVERSATION = f"{CONVERSATIONS}/{{conversationId}}"
# All that the product calls.
OPERATIONS = {
    ("GET", f"{GATEWAY}/jwk/{{jwkId}}/public"),
    ("GET", f"{GATEWAY}/channels/{{channelId}}"),
    ("GET", f"{GATEWAY}/webhooks/{{webhookId}}"),
    ("GET", CONVERSATIONS),
    ("POST", CONVERSATIONS),
    ("GET", CONVERSATION),
    ("PATCH", CONVERSATION),
    ("GET", f"{CONVERSATION}/messages"),
    ("POST", f"{CONVERSATION}/messages"),
    ("PATCH", f"{CONVERSATION}/participants/user"),
}
WHAT_COUNTS = ("method", "path", "query", "body", "status", "answerType", "answer")


class Inspector:
    """Checks calls against the file; what is the same again is not checked again."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self._verdicts: dict[tuple[object, ...], str] = {}

    def complaints(self, calls: Sequence[JsonObject]) -> Counter[str]:
        """What is wrong with calls or answers, and how often."""
        found = (self._verdict(call) for call in calls)
        return Counter(verdict for verdict in found if verdict)

    def _verdict(self, call: JsonObject) -> str:
        if not call["path"].startswith(GATEWAY):
            return ""  # 8x8 published no file about its other interfaces
        kind = call["headers"].get("Content-Type")
        key = (kind, *(call[name] for name in WHAT_COUNTS))
        if key not in self._verdicts:
            self._verdicts[key] = self._check(call)
        return self._verdicts[key]

    def _check(self, call: JsonObject) -> str:
        try:
            self.specification.check_call(call)
        except (OpenAPIError, AssertionError) as error:
            cause = error.__cause__ or error
            details = getattr(cause, "schema_errors", None) or [cause]
            what = "; ".join(str(detail).splitlines()[0] for detail in details)
            return f"{call['method']} {call['path']} {call['status']}: {what}"
        return ""


@pytest.fixture(scope="module")
def inspector(stack: Stack) -> Inspector:
    path = specification_path()
    if path is None:
        pytest.skip(
            f"{VARIABLE} is not set: the calls to 8x8 and its answers were not "
            "checked against 8x8's OpenAPI file chat-gateway-v1"
        )
    return Inspector(Specification(path, url=stack.sandbox_url))


@pytest.fixture(scope="module")
def calls(
    stack: Stack, kept_calls: KeptCalls, provision: Provision, demo: Demo
) -> KeptCalls:
    """Everything called so far, and one conversation that needs every call."""
    make_every_call(provision("contract"))
    with AdminSession(stack.base_url, user=demo.user, password=demo.password) as admin:
        page = admin.post(f"/admin/endpoints/endpoint/{demo.pk}/test-connection/")
    assert "The queue exists" in page or "own queue" in page
    kept_calls.fetch(stack.sandbox_url)
    return kept_calls


def make_every_call(endpoint: ProvisionedEndpoint) -> None:
    contact = Contact(endpoint.eight)
    contact.arm("reset-after-accept", path="/conversations")
    # Else a callback would tell which conversation it is, and nobody had to ask.
    contact.arm("drop-callbacks", 3)
    talk = Talk.start(
        endpoint,
        user={"name": "Ann", "email": "ann@example.org", "language": "en"},
        history=[{"authorType": "user", "text": "Hello"}],
    )
    talk.wait_until("queue")
    changed = endpoint.api("PATCH", talk.path, json={"user": {"name": "Änne"}})
    assert changed.status_code == 200
    contact.arm("reset-after-accept", path="/messages")
    talk.say("Is anybody there?")
    talk.wait_until_8x8_has("Is anybody there?")
    talk.act("accept")
    talk.wait_until("active")
    talk.act("leave")
    talk.end("close")
    wait_for(lambda: talk.conversation()["ended"], what="8x8 lets it go")


def test_every_call_of_the_product_is_as_published(
    inspector: Inspector, calls: KeptCalls
) -> None:
    made = calls.of_the_product
    assert not inspector.complaints(made)
    operations = {
        inspector.specification.operation(call["method"], call["path"])
        for call in made
        if call["path"].startswith(GATEWAY)
    }
    assert operations == OPERATIONS


def test_every_answer_of_the_sandbox_is_as_published(
    inspector: Inspector, calls: KeptCalls
) -> None:
    assert len(calls.all) > len(calls.of_the_product) > 0
    assert not inspector.complaints(calls.all)


def test_the_check_notices_a_wrong_call_and_a_wrong_answer(
    inspector: Inspector, calls: KeptCalls
) -> None:
    posted, listed = (
        next(
            call
            for call in calls.of_the_product
            if call["path"].endswith("/messages") and call["method"] == method
        )
        for method in ("POST", "GET")
    )
    assert not inspector.complaints([posted, listed])
    wrong = [
        posted | {"body": '{"authorType": "agent", "text": "x"}'},
        posted | {"body": '{"text": "x"}'},
        posted | {"body": "[]"},
        posted | {"path": f"{GATEWAY}/nothing"},
        posted | {"status": 200},
        posted | {"answer": "{}"},
        listed | {"query": "size=many"},
        listed | {"answer": "{}"},
    ]
    for call in wrong:
        assert inspector.complaints([call]).total() == 1, call
