"""The running stack as a whole: its processes work together and come back."""

import pytest
import requests

from launcher.stack import Stack
from tests.stack.callback_sink import CallbackSink
from tests.stack.fixtures import ProvisionedEndpoint
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack
TIMEOUT_SECONDS = 20


def is_ready(stack: Stack) -> bool:
    answer = requests.get(f"{stack.base_url}/readyz", timeout=TIMEOUT_SECONDS)
    return answer.status_code == 200


def test_a_handover_reaches_the_sandbox_and_its_status_the_bot(
    provisioned_endpoint: ProvisionedEndpoint, callback_sink: CallbackSink
) -> None:
    created = provisioned_endpoint.api(
        "POST", "/handovers", json={"userId": "u1", "sessionId": "s1"}
    )
    assert created.status_code == 201, created.text
    wait_for(
        lambda: (
            [
                document["data"]["handover"]["status"]
                for document in callback_sink.documents("handover.status")
            ][-1:]
            == ["queue"]
        ),
        what="the bot hears that the handover is in the queue",
    )
    listed = provisioned_endpoint.eight.call("GET", "/chat-gateway/v1/conversations")
    conversations = listed.json()["_embedded"]["conversations"]
    handover = provisioned_endpoint.api("GET", f"/handovers/{created.json()['id']}")
    assert [c["id"] for c in conversations] == [handover.json()["conversationId"]]


@pytest.mark.parametrize(
    "name", ["broker", "web", "live", "worker", "beat", "front", "sandbox"]
)
def test_a_killed_process_comes_back_and_the_stack_is_ready_again(
    stack: Stack, name: str
) -> None:
    old_pid = stack.kill(name)
    assert stack.wait_until_restarted(name, old_pid) != old_pid
    wait_for(lambda: is_ready(stack), 40, what="/readyz answers 200")
