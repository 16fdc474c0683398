"""A callback URL that is gone is switched off, until somebody mends it."""

from django.utils import timezone

from endpoints.models import CallbackTrouble, Endpoint


def disable_callback_url(
    endpoint: Endpoint, *, url: str, reason: CallbackTrouble
) -> bool:
    """Send nothing more to `url`; False if the endpoint has another one by now."""
    disabled = Endpoint.objects.filter(
        pk=endpoint.pk, callback_url=url, callback_disabled_at=None
    ).update(callback_disabled_at=timezone.now(), callback_disabled_reason=reason)
    if disabled:
        endpoint.refresh_from_db(
            fields=["callback_disabled_at", "callback_disabled_reason"]
        )
    return disabled == 1


def enable_callback_url(endpoint: Endpoint) -> bool:
    """Send there again; what waits goes within a second. False: nothing was off."""
    enabled = Endpoint.objects.filter(
        pk=endpoint.pk, callback_disabled_at__isnull=False
    ).update(callback_disabled_at=None, callback_disabled_reason="")
    endpoint.callback_disabled_at = None
    endpoint.callback_disabled_reason = ""
    return enabled == 1
