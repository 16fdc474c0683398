"""Which bot an endpoint gets."""

import pytest

from endpoints.models import BotKind, Endpoint
from handover.bots.demo import DemoBot
from handover.bots.protocol import BotError
from handover.bots.registry import bot_for
from handover.bots.webhook import WebhookBot
from tests.handover.bots.bot_server import BotServer, answer_json
from tests.handover.bots.contract import HELLO


@pytest.mark.parametrize(
    ("kind", "bot_class"), [(BotKind.DEMO, DemoBot), (BotKind.WEBHOOK, WebhookBot)]
)
def test_each_kind_has_its_bot(kind: BotKind, bot_class: type) -> None:
    endpoint = Endpoint(name="acme", bot_kind=kind, bot_url="http://localhost/")
    assert isinstance(bot_for(endpoint), bot_class)


def test_an_endpoint_without_a_bot_has_none_to_ask() -> None:
    with pytest.raises(BotError) as caught:
        bot_for(Endpoint(name="acme"))
    assert (caught.value.code, caught.value.retryable) == ("no-bot", False)


def test_a_webhook_bot_is_called_where_its_endpoint_says() -> None:
    with BotServer(lambda _: answer_json([{"text": "hi"}])) as server:
        endpoint = Endpoint(name="acme", bot_kind=BotKind.WEBHOOK, bot_url=server.url)
        assert [output.text for output in bot_for(endpoint).reply(HELLO)] == ["hi"]
