"""8x8 signs for all its customers: on the one URL of all, a signature is not enough."""

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from tests.handover.callbacks import SHARED_URL, TENANT, Forge, Post, work_inbox
from tests.handover.steps import start_handover

STRANGER = "another-customer"


@pytest.fixture(autouse=True)
def _no_tenant_is_known(endpoint: Endpoint) -> None:
    EightByEightConfig.objects.update(tenant="", observed_tenant="")


def observed() -> str:
    return EightByEightConfig.objects.get().observed_tenant


def test_another_customer_of_8x8_cannot_lock_ours_out(post: Post, forge: Forge) -> None:
    verification = {"eventType": "WEB_HOOK_VERIFY"}
    queued = {"eventType": "QUEUED", "conversationId": "c", "data": {"queueId": "q"}}
    for document in (verification, queued):
        post.post(forge.sign(document, tenant=STRANGER), url=SHARED_URL)
    work_inbox()
    assert observed() == ""
    ours = [forge.event("ours", "TRANSFER") for _ in range(2)]
    assert post.post(ours[0], url=SHARED_URL).status_code == 200
    assert post.post(ours[1]).status_code == 200
    assert observed() == TENANT


def test_whose_events_speak_of_our_conversation_is_our_tenant(
    endpoint: Endpoint, post: Post, forge: Forge
) -> None:
    handover = start_handover(endpoint)
    queued = forge.event(handover.conversation_id, "QUEUED", {"queueId": "q"})
    assert post.post(queued, url=SHARED_URL).status_code == 200
    assert observed() == ""
    work_inbox()
    assert observed() == TENANT
    stranger = forge.sign({"eventType": "WEB_HOOK_VERIFY"}, tenant=STRANGER)
    assert post.post(stranger, url=SHARED_URL).status_code == 404
