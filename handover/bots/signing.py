"""Signatures by the Standard Webhooks rules, for everything we post to a bot.

https://github.com/standard-webhooks/standard-webhooks: the id stays the same on
every attempt, the timestamp is new, and while a secret is being rotated both
signatures are sent.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


def signature_headers(
    *, identifier: str, body: str, secrets: Sequence[str]
) -> dict[str, str]:
    """The three `webhook-*` headers for `body`, signed with each secret in turn."""
    now = datetime.now(UTC)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(identifier, now, body) for secret in secrets
        ),
    }
