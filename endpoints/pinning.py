"""Connections that go to the very address that was checked.

The name is resolved once for each new connection, so that a second answer of the DNS
cannot lead elsewhere. Name, SNI, Host and certificate check stay those of the URL.
"""

import socket
from typing import Any

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

from endpoints.targets import TargetRefused, check_target, first_refusal, resolve

CONNECTIONS_PER_HOST = 32
# Each may take the whole connect time-out.
ADDRESSES_TRIED = 3


class _AddressRefused(NewConnectionError):
    """Travels through urllib3, which lets only its own errors pass as they are."""

    refusal = ""


class _PinningConnection(HTTPConnection):
    """Connects only to addresses that were checked."""

    allow_private = False

    def _new_conn(self) -> socket.socket:
        try:
            addresses = resolve(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:
            raise NewConnectionError(self, "the name cannot be encoded") from error
        reason = first_refusal(addresses, allow_private=self.allow_private)
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


class PinningAdapter(HTTPAdapter):
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
