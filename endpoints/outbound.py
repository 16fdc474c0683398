"""Outgoing HTTP to addresses that admins and bots choose.

A session from `open_session` resolves a name once, refuses it unless every address
behind it may be called, and connects to the address that was checked, so that a
second answer of the DNS cannot lead elsewhere. Name, SNI, Host and certificate check
stay those of the URL. Nothing here reads settings or the environment.
"""

import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import create_connection

from endpoints.addresses import refusal_of
from endpoints.eightbyeight.body_reading import (
    BodyTooLarge,
    BodyTooSlow,
    read_limited,
)

__all__ = [
    "BodyTooLarge",
    "BodyTooSlow",
    "TargetRefused",
    "check_target",
    "open_session",
    "read_limited",
]

CONNECTIONS_PER_HOST = 32
# Each may take the whole connect time-out.
ADDRESSES_TRIED = 3
DEFAULT_PORTS = {"http": 80, "https": 443}


class TargetRefused(requests.exceptions.InvalidURL):
    """The target must not be called; `reason` is a short word.

    Reasons: not-http, no-host, bad-port, not-found (the name does not resolve), and
    those of `endpoints.addresses`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the target is refused: {reason}")
        self.reason = reason


class _AddressRefused(NewConnectionError):
    """Travels through urllib3, which lets only its own errors pass as they are."""

    refusal = ""


def open_session(*, allow_private: bool, proxy_url: str = "") -> requests.Session:
    """A session for outgoing calls: no environment, no redirects, no retries, no
    cookies. With a proxy the proxy resolves and connects; what can be checked here
    is checked before each call."""
    session = _DirectSession()
    session.trust_env = False
    session.max_redirects = 0
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if proxy_url:
        session.proxies = {"http": proxy_url, "https": proxy_url}
    adapter = _PinningAdapter(allow_private=allow_private)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


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
        addresses = _resolve(host, port or DEFAULT_PORTS[parts.scheme])
    except (OSError, UnicodeError):
        raise TargetRefused("not-found") from None
    reason = _first_refusal(addresses, allow_private=allow_private)
    if reason:
        raise TargetRefused(reason)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _first_refusal(addresses: list[str], *, allow_private: bool) -> str:
    """One forbidden address spoils the name: which one is used is not ours to say."""
    reasons = (refusal_of(item, allow_private=allow_private) for item in addresses)
    return next((reason for reason in reasons if reason), "")


class _DirectSession(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect is an answer like any other, whatever a caller asks for.
        Otherwise requests reads its body without a limit to prepare the next one."""
        return None


class _PinningConnection(HTTPConnection):
    """Connects only to addresses that were checked."""

    allow_private = False

    def _new_conn(self) -> socket.socket:
        try:
            addresses = _resolve(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:
            raise NewConnectionError(self, "the name cannot be encoded") from error
        reason = _first_refusal(addresses, allow_private=self.allow_private)
        if reason:
            refused = _AddressRefused(self, "the address is refused")
            refused.refusal = reason
            raise refused
        return self._connect_to_one_of(addresses)

    def _connect_to_one_of(self, addresses: list[str]) -> socket.socket:
        failure: OSError | None = None
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                return create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "the connection timed out") from failure
        raise NewConnectionError(self, "no connection came about") from failure


class _PinningSecureConnection(_PinningConnection, HTTPSConnection):
    pass


class _PrivateConnection(_PinningConnection):
    allow_private = True


class _PrivateSecureConnection(_PinningSecureConnection):
    allow_private = True


class _PinningPool(HTTPConnectionPool):
    ConnectionCls = _PinningConnection


class _PinningSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PinningSecureConnection


class _PrivatePool(HTTPConnectionPool):
    ConnectionCls = _PrivateConnection


class _PrivateSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PrivateSecureConnection


class _PinningPoolManager(PoolManager):
    def __init__(self, *, allow_private: bool, **options: Any) -> None:
        super().__init__(**options)
        self.pool_classes_by_scheme = (
            {"http": _PrivatePool, "https": _PrivateSecurePool}
            if allow_private
            else {"http": _PinningPool, "https": _PinningSecurePool}
        )


class _PinningAdapter(HTTPAdapter):
    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__(pool_maxsize=CONNECTIONS_PER_HOST, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        self.poolmanager = _PinningPoolManager(
            allow_private=self._allow_private,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            **options,
        )

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        if options.get("proxies"):
            self._check_before_proxy(request.url or "")
        try:
            return super().send(request, *args, **options)
        except requests.ConnectionError as error:
            cause = error.args[0] if error.args else None
            refused = getattr(cause, "reason", None)
            if isinstance(refused, _AddressRefused):
                raise TargetRefused(refused.refusal) from None
            raise

    def _check_before_proxy(self, url: str) -> None:
        try:
            check_target(url, allow_private=self._allow_private)
        except TargetRefused as error:
            # A name that only the proxy can resolve is the proxy's to judge.
            if error.reason != "not-found":
                raise
