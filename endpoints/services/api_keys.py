"""Bot API keys: made, shown once, recognised by their digest, revoked."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from endpoints.models import ApiKey, Endpoint
from endpoints.prepared import PreparedSelect
from endpoints.secret_values import api_key_digest, api_key_prefix, new_api_key

USE_IS_RECORDED_EVERY = timedelta(minutes=1)
MAX_KEY_LENGTH = 200


_live_key = PreparedSelect(
    lambda digest: ApiKey.objects.select_related("endpoint").filter(
        digest=digest, revoked_at=None, endpoint__enabled=True
    ),
    "a digest",
)


def issue_api_key(endpoint: Endpoint, *, name: str = "") -> str:
    """A new key in plain text: the only time that it can be seen."""
    key = new_api_key()
    ApiKey.objects.create(
        endpoint=endpoint,
        name=name,
        prefix=api_key_prefix(key),
        digest=api_key_digest(key),
    )
    return key


def revoke_api_key(*, api_key: ApiKey) -> bool:
    """False when it was revoked before."""
    return (
        ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        == 1
    )


def find_endpoint_by_api_key(plain: str) -> Endpoint | None:
    """The enabled endpoint that a live key belongs to.

    One look-up by digest, whatever is given: how long it takes tells nothing of how
    much of a guess is right.
    """
    digest = api_key_digest(plain[:MAX_KEY_LENGTH])
    key = _live_key.first(digest)
    if key is None:
        return None
    _record_use(key, now=timezone.now())
    return key.endpoint


def _record_use(key: ApiKey, *, now: datetime) -> None:
    """At most one write a minute, however busy the bot is."""
    due = now - USE_IS_RECORDED_EVERY
    if key.last_used_at is not None and key.last_used_at > due:
        return
    ApiKey.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lte=due), pk=key.pk
    ).update(last_used_at=now)
