"""An endpoint with the demo bot, and a user who talks to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from endpoints.models import BotKind, EightByEightConfig, Endpoint

Say = Callable[..., dict[str, Any]]


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    endpoint = Endpoint.objects.create(
        name="Shop",
        bot_kind=BotKind.DEMO,
        handover_accepted_message="A person will be with you soon.",
        cancel_intent="stop waiting",
        cancel_button_text="Cancel",
    )
    EightByEightConfig.objects.create(
        endpoint=endpoint,
        base_url="http://127.0.0.1:9",
        api_key="key",
        channel_id="channel",
        queue_id="queue",
    )
    return endpoint


@pytest.fixture
def say(client: Client, endpoint: Endpoint) -> Say:
    """Post one turn of the user and return the answer's document."""

    def post(
        text: str = "", *, session_id: str = "session-1", **more: Any
    ) -> dict[str, Any]:
        response = client.post(
            f"/{endpoint.url_token}",
            {"userId": "user-1", "sessionId": session_id, "text": text, **more},
            content_type="application/json",
        )
        assert response.status_code == 200
        document: dict[str, Any] = response.json()
        return document

    return post


@pytest.fixture
def history(client: Client, endpoint: Endpoint) -> Callable[..., dict[str, Any]]:
    """Read the conversation as a page that is loaded again."""

    def get(session_id: str = "session-1") -> dict[str, Any]:
        response = client.get(
            f"/{endpoint.url_token}/history",
            {"userId": "user-1", "sessionId": session_id},
        )
        assert response.status_code == 200
        document: dict[str, Any] = response.json()
        return document

    return get
