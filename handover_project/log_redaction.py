"""Addresses carry URL tokens and users' ids; logs must not."""

import re

from structlog.types import EventDict, WrappedLogger

# A URL token, wherever it stands, and the query of an address. Django and structlog
# log whole addresses on their own account.
TOKEN = re.compile(r"\b[0-9a-f]{64}\b")
QUERY = re.compile(r"(/[^\s?]*)\?\S+")


def redact_addresses(
    logger: WrappedLogger, method_name: str, event: EventDict
) -> EventDict:
    """A structlog processor: no text of a log line keeps a token or a query."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = QUERY.sub(r"\1", TOKEN.sub("<token>", value))
    return event
