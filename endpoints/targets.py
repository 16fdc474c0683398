"""Which URLs may be called: asked by forms, and again by each connection."""

import socket
from urllib.parse import urlsplit

import requests

from endpoints.addresses import refusal_of

DEFAULT_PORTS = {"http": 80, "https": 443}


class TargetRefused(requests.exceptions.InvalidURL):
    """The target must not be called; `reason` is a short word.

    Reasons: not-http, no-host, bad-port, not-found (the name does not resolve), and
    those of `endpoints.addresses`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the target is refused: {reason}")
        self.reason = reason


def check_target(url: str, *, allow_private: bool) -> None:
    """Raise `TargetRefused` unless the URL may be called now. For forms: a call
    later is checked again, at the moment when it connects."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise TargetRefused("bad-port") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise TargetRefused("not-http")
    if not host:
        raise TargetRefused("no-host")
    try:
        addresses = resolve(host, port or DEFAULT_PORTS[parts.scheme])
    except (OSError, UnicodeError):
        raise TargetRefused("not-found") from None
    reason = first_refusal(addresses, allow_private=allow_private)
    if reason:
        raise TargetRefused(reason)


def resolve(host: str, port: int) -> list[str]:
    """The addresses behind a name, in the order to try them. Raises `OSError` or
    `UnicodeError` when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def first_refusal(addresses: list[str], *, allow_private: bool) -> str:
    """One forbidden address spoils the name: which one is used is not ours to say."""
    reasons = (refusal_of(item, allow_private=allow_private) for item in addresses)
    return next((reason for reason in reasons if reason), "")
