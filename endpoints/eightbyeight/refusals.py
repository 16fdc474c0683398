"""From an HTTP status and an irregular error body to one typed error."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from endpoints.eightbyeight.errors import (
    BASE_URL_SETTING,
    CHANNEL_SETTING,
    QUEUE_SETTING,
    CredentialsRefused,
    EightByEightError,
    NotFound,
    RateLimited,
    Rejected,
    ServerTrouble,
    TenantRefused,
    TryLater,
)
from endpoints.eightbyeight.json_values import as_document, as_documents, text_at

MAX_RETRY_AFTER_SECONDS = 3600.0

CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def refusal(
    *, status: int, body: bytes, retry_after: str, changes_something: bool
) -> EightByEightError:
    """The error for an answer that is not a success.

    `changes_something` is true for every method but GET: after a 5xx such a call
    may have happened.
    """
    code = error_code(body) or f"http-{status}"
    if status == 401:
        return CredentialsRefused("8x8 refused the API Key", code=code, status=status)
    if status == 403:
        return TenantRefused(
            "8x8 refused access: check 8x8-Tenant and the API Key's rights",
            code=code,
            status=status,
        )
    if status == 404:
        return NotFound("8x8 does not know this", code=code, status=status)
    if status in (408, 425, 429):
        kind = RateLimited if status == 429 else TryLater
        return kind(
            "8x8 asks to try again later",
            code=code,
            status=status,
            retry_after_seconds=retry_after_seconds(retry_after),
        )
    if status >= 500:
        return ServerTrouble(
            "8x8 has trouble of its own",
            code=code,
            status=status,
            outcome_unknown=changes_something,
            retry_after_seconds=retry_after_seconds(retry_after),
        )
    if status < 400:
        return Rejected(
            "8x8 answered with a redirect, which is not followed",
            code="redirect",
            status=status,
            setting=BASE_URL_SETTING,
        )
    return Rejected(
        "8x8 rejected the call",
        code=code,
        status=status,
        setting=_setting_for(code),
    )


def error_code(body: bytes) -> str:
    """The first machine word in an error body, or "" when there is none."""
    try:
        document = as_document(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    return next((word for word in _candidates(document) if CODE.fullmatch(word)), "")


def _candidates(document: object) -> Iterator[str]:
    """`errors` is a list of objects, of strings, or one object; `validations` may
    be there as well, and OAuth answers have `ErrorCode`."""
    body = as_document(document)
    for key in ("validations", "errors"):
        value = body.get(key)
        for row in as_documents(value) or (as_document(value),):
            yield text_at(row, "code")
    yield text_at(body, "code", "ErrorCode", "errorCode")


def _setting_for(code: str) -> str:
    lowered = code.lower()
    if "queue" in lowered:
        return QUEUE_SETTING
    return CHANNEL_SETTING if "channel" in lowered else ""


def retry_after_seconds(value: str, *, now: datetime | None = None) -> float | None:
    """A `Retry-After` in seconds or as an HTTP date, clamped to 0..3600."""
    text = value.strip()
    if SECONDS.fullmatch(text):
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    wait = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), MAX_RETRY_AFTER_SECONDS)
