"""The secret that signs callbacks to the bot, and its change-over."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from endpoints.models import Endpoint
from endpoints.secret_values import new_callback_secret

PREVIOUS_SECRET_LIVES = timedelta(hours=24)


def rotate_callback_secret(endpoint: Endpoint) -> str:
    """The new secret. The one before signs too for another 24 hours."""
    with transaction.atomic():
        current = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        endpoint.previous_callback_secret = current.callback_secret
        endpoint.previous_callback_secret_expires_at = (
            timezone.now() + PREVIOUS_SECRET_LIVES
        )
        endpoint.callback_secret = new_callback_secret()
        endpoint.save(
            update_fields=[
                "callback_secret",
                "previous_callback_secret",
                "previous_callback_secret_expires_at",
                "updated_at",
            ]
        )
    return endpoint.callback_secret


def live_callback_secrets(endpoint: Endpoint) -> list[str]:
    """The secrets to sign with, newest first."""
    expires_at = endpoint.previous_callback_secret_expires_at
    if (
        endpoint.previous_callback_secret
        and expires_at is not None
        and expires_at > timezone.now()
    ):
        return [endpoint.callback_secret, endpoint.previous_callback_secret]
    return [endpoint.callback_secret]
