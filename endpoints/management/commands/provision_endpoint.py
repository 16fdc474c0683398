"""Creates or updates an endpoint without a browser."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from endpoints.models import BotKind
from endpoints.selectors import endpoint_url, webhook_url
from endpoints.services import ProvisionedEndpoint, provision_endpoint

KEY_VARIABLE = "EIGHTBYEIGHT_API_KEY"
LATER_BOT_KINDS = ("cognigy", "rasa")
OPTIONS_BY_FIELD = {
    "name": "--name",
    "base_url": "--base-url",
    "api_key": "--api-key",
    "tenant": "--tenant",
    "channel_id": "--channel-id",
    "queue_id": "--queue-id",
    "callback_url": "--callback-url",
    "bot_url": "--bot-url",
    "bot_kind": "--bot-kind",
    "no_agent_after_seconds": "--no-agent-after-seconds",
}


class Command(BaseCommand):
    help = "Create or update an endpoint; prints one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--base-url", required=True, help="of the 8x8 server")
        parser.add_argument(
            "--api-key",
            default=os.environ.get(KEY_VARIABLE),
            help=f"of 8x8; better given as {KEY_VARIABLE} in the environment",
        )
        parser.add_argument("--tenant", help="8x8-Tenant")
        parser.add_argument("--channel-id", required=True, help="8x8 Channel Id")
        parser.add_argument("--queue-id", required=True, help="8x8 Queue Id")
        parser.add_argument("--callback-url", help="where events are sent")
        parser.add_argument("--bot-url", help="where a webhook bot listens")
        parser.add_argument("--bot-kind", help="webhook, demo or none")
        parser.add_argument(
            "--no-agent-after-seconds",
            type=int,
            help="a user who has waited for so long gets the bot back; 0: never",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        values = {name: options[name] for name in OPTIONS_BY_FIELD}
        if not values["api_key"]:
            raise CommandError(f"--api-key: give it, or set {KEY_VARIABLE}.")
        _check_bot_kind(values["bot_kind"])
        try:
            provisioned = provision_endpoint(**values)
        except ValidationError as error:
            raise CommandError(_in_options(error)) from None
        self.stdout.write(json.dumps(_summary(provisioned)))


def _check_bot_kind(kind: str | None) -> None:
    if kind in LATER_BOT_KINDS:
        raise CommandError(
            f"--bot-kind: this version does not have {kind}. "
            "It has webhook, demo and none."
        )
    if kind is not None and kind not in BotKind.values:
        raise CommandError("--bot-kind: it is webhook, demo or none.")


def _in_options(error: ValidationError) -> str:
    """The messages, each with the option that it is about."""
    return "\n".join(
        f"{OPTIONS_BY_FIELD.get(field, field)}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )


def _summary(provisioned: ProvisionedEndpoint) -> dict[str, str]:
    endpoint = provisioned.endpoint
    summary = {
        "urlToken": endpoint.url_token,
        "endpointUrl": endpoint_url(endpoint),
        "webhookUrl": webhook_url(endpoint),
        "callbackSecret": endpoint.callback_secret,
    }
    if provisioned.api_key is not None:
        summary["apiKey"] = provisioned.api_key
    return summary
