"""From a broken connection to one typed error: had the request been written?"""

import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError
from urllib3.exceptions import TimeoutError as UrllibTimeoutError

from endpoints.eightbyeight.errors import (
    BASE_URL_SETTING,
    AddressRefused,
    ConnectionLost,
    EightByEightError,
    Unreachable,
)

# Failures of the TLS handshake, before any byte of the request is sent. OpenSSL's
# other errors can come after it and so leave the outcome unknown.
HANDSHAKE_REASONS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "RECORD_LAYER_FAILURE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)


def breakdown(
    error: requests.RequestException, *, changes_something: bool
) -> EightByEightError:
    """The error for a call that got no answer.

    requests' ConnectionError covers both a refused connection and a reset in the
    middle of the answer, so the causes below it decide.
    """
    if isinstance(error, _UNUSABLE_URL):
        return AddressRefused("the Base URL must not be called", code="address-refused")
    causes = tuple(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return Unreachable(
            "the name in the Base URL is not known",
            code="name-not-found",
            setting=BASE_URL_SETTING,
        )
    if any(_is_handshake_failure(cause) for cause in causes):
        return Unreachable(
            "no secure connection came about", code="tls", setting=BASE_URL_SETTING
        )
    if any(isinstance(cause, _NO_CONNECTION) for cause in causes):
        return Unreachable("8x8 cannot be reached", code="unreachable")
    timed_out = any(isinstance(cause, _TIMED_OUT) for cause in causes)
    return ConnectionLost(
        "the connection was lost before the answer",
        code="timeout" if timed_out else "reset",
        outcome_unknown=changes_something,
    )


_UNUSABLE_URL = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
# NewConnectionError is a ConnectTimeoutError for urllib3, so it is covered. A proxy
# error means that the tunnel or the connection to the proxy failed.
_NO_CONNECTION = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    ConnectTimeoutError,
)
_TIMED_OUT = (
    TimeoutError,
    requests.exceptions.Timeout,
    UrllibTimeoutError,
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: requests and urllib3 keep the cause in
    `args`, in `reason` or in `__cause__`, depending on the way it came."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (*current.args, getattr(current, "reason", None), current.__cause__)
        pending.extend(item for item in wrapped if isinstance(item, BaseException))


def _is_handshake_failure(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    return isinstance(cause, ssl.SSLError) and cause.reason in HANDSHAKE_REASONS
