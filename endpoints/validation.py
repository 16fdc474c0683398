"""What a setting must look like. Used by models, forms and commands alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from endpoints.eightbyeight.calls import is_header_text
from endpoints.eightbyeight.payloads import MAX_ADDITIONAL_PROPERTIES
from endpoints.outbound import TargetRefused, check_target

SCHEMES = ("http", "https")
MAX_PROPERTY_LENGTH = 1000


class FieldErrors:
    """Collects what is wrong with each field, so that all is said at once."""

    def __init__(self) -> None:
        self._found: dict[str, list[ValidationError]] = {}

    @contextmanager
    def at(self, field: str) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            self._found.setdefault(field, []).append(error)

    def raise_any(self) -> None:
        if self._found:
            raise ValidationError(self._found)


@contextmanager
def field_errors() -> Iterator[FieldErrors]:
    errors = FieldErrors()
    yield errors
    errors.raise_any()


def cleaned_base_url(value: str) -> str:
    """An absolute http(s) URL without query, fragment, user or last slash."""
    url = cleaned_url(value)
    if not url:
        raise ValidationError("Give an absolute URL, such as https://api.8x8.com.")
    if "?" in url:
        raise ValidationError("The URL must not have a query.")
    return url.rstrip("/")


def cleaned_url(value: str) -> str:
    """An absolute http(s) URL without fragment and user, or ""."""
    url = value.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_place = False
    if not has_place or not is_header_text(url) or set(url) & set(' "<>\\^`{|}'):
        raise ValidationError("Give an absolute URL, such as https://api.8x8.com.")
    if parts.scheme not in SCHEMES:
        raise ValidationError("The URL must start with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("The URL must not have a user name or password.")
    if "#" in url:
        raise ValidationError("The URL must not have a fragment.")
    return url


def validate_target(value: str) -> None:
    """Raise when the URL leads where nothing is ever called. Asks the DNS.

    A name that does not resolve now passes: it may tomorrow, and each call is
    checked again when it connects.
    """
    if not value:
        return
    try:
        check_target(value, allow_private=settings.ALLOW_PRIVATE_NETWORK_TARGETS)
    except TargetRefused as error:
        if error.reason != "not-found":
            raise ValidationError(
                "The URL leads into a private or special network, which is not "
                "called unless ALLOW_PRIVATE_NETWORK_TARGETS is on."
            ) from None


def cleaned_json_properties(value: object) -> dict[str, str]:
    """An object of strings, with not more entries than 8x8 takes."""
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise ValidationError('Give a JSON object, such as {"plan": "gold"}.')
    if len(value) > MAX_ADDITIONAL_PROPERTIES:
        raise ValidationError(
            f"8x8 takes at most {MAX_ADDITIONAL_PROPERTIES} properties."
        )
    for key, item in value.items():
        if not isinstance(key, str) or not key.strip() or not isinstance(item, str):
            raise ValidationError("Every name and every value must be a text.")
        if not _is_storable(key + item):
            raise ValidationError("A name or value holds a character that is no text.")
        if max(len(key), len(item)) > MAX_PROPERTY_LENGTH:
            raise ValidationError(
                f"A name or value is longer than {MAX_PROPERTY_LENGTH} characters."
            )
    return value


def _is_storable(text: str) -> bool:
    """PostgreSQL stores neither NUL nor half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def validate_header_text(value: str) -> None:
    if value and not is_header_text(value):
        raise ValidationError("Only printable ASCII characters can be sent to 8x8.")
