"""Which bot an endpoint has."""

from collections.abc import Callable

from django.conf import settings

from endpoints.models import BotKind, Endpoint
from endpoints.services import live_callback_secrets, outbound_session
from handover.bots.demo import DemoBot
from handover.bots.protocol import Bot, BotError
from handover.bots.webhook import WebhookBot


def bot_for(endpoint: Endpoint) -> Bot:
    """The endpoint's bot, for use in this thread. Raises BotError("no-bot")."""
    make = MAKERS.get(endpoint.bot_kind)
    if make is None:
        raise BotError("no-bot", retryable=False)
    return make(endpoint)


def _demo_bot(_: Endpoint) -> Bot:
    return DemoBot()


def _webhook_bot(endpoint: Endpoint) -> Bot:
    return WebhookBot(
        http=outbound_session(),
        url=endpoint.bot_url,
        secrets=live_callback_secrets(endpoint),
        timeout_seconds=settings.BOT_TIMEOUT_SECONDS,
    )


MAKERS: dict[str, Callable[[Endpoint], Bot]] = {
    BotKind.DEMO: _demo_bot,
    BotKind.WEBHOOK: _webhook_bot,
}
