"""What a first `make run` needs: an admin, and an endpoint for the sandbox."""

import json
import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from endpoints.demo import create_demo_endpoint, find_demo_endpoint, move_demo_endpoint
from endpoints.selectors import chat_url, endpoint_url, webhook_url

ADMIN_NAME = "admin"


class Command(BaseCommand):
    help = (
        "Create, once, an admin and an endpoint that is connected to the sandbox; "
        "prints one JSON object. Secrets are printed only when they are new."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sandbox-url", default="http://localhost:8088")

    def handle(self, *args: Any, **options: Any) -> None:
        summary = {"adminUser": ADMIN_NAME}
        try:
            with transaction.atomic():
                summary |= _seed_admin() | _seed_endpoint(options["sandbox_url"])
        except ValidationError as error:
            raise CommandError(f"--sandbox-url: {' '.join(error.messages)}") from None
        public = settings.PUBLIC_BASE_URL
        summary |= {"adminUrl": f"{public}/admin/", "docsUrl": f"{public}/api/docs"}
        self.stdout.write(json.dumps(summary))


def _seed_admin() -> dict[str, str]:
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return {}
    password = secrets.token_urlsafe(12)
    users.create_superuser(username=ADMIN_NAME, password=password)
    return {"adminPassword": password}


def _seed_endpoint(sandbox_url: str) -> dict[str, str]:
    endpoint = find_demo_endpoint()
    api_key: str | None = None
    if endpoint is None:
        provisioned = create_demo_endpoint(sandbox_url=sandbox_url)
        endpoint, api_key = provisioned.endpoint, provisioned.api_key
    else:
        move_demo_endpoint(endpoint, sandbox_url=sandbox_url)
    summary = {
        "endpointUrl": endpoint_url(endpoint),
        "webhookUrl": webhook_url(endpoint),
        "chatUrl": chat_url(endpoint),
    }
    return summary | ({"apiKey": api_key} if api_key else {})
