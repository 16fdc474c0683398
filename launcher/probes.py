"""Asking a process whether it is ready: one short question, no waiting, no error."""

import contextlib
import http.client
import socket
from pathlib import Path

import redis

PROBE_TIMEOUT_SECONDS = 1.0
PROBE_HOST = "localhost"


class UnixHTTPConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, *, timeout_seconds: float) -> None:
        super().__init__(PROBE_HOST, timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """Open the unix socket in place of a TCP connection."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _status(connection: http.client.HTTPConnection, path: str) -> int | None:
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None


def socket_answers(socket_path: Path, path: str) -> bool:
    """Tell whether the server on a unix socket answers, with anything but 5xx."""
    status = _status(
        UnixHTTPConnection(socket_path, timeout_seconds=PROBE_TIMEOUT_SECONDS), path
    )
    return status is not None and status < http.HTTPStatus.INTERNAL_SERVER_ERROR


def port_answers(port: int, path: str) -> bool:
    """Tell whether the server on a loopback port answers, with anything but 5xx."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=PROBE_TIMEOUT_SECONDS
    )
    status = _status(connection, path)
    return status is not None and status < http.HTTPStatus.INTERNAL_SERVER_ERROR


def broker_answers(redis_url: str) -> bool:
    """Tell whether the broker answers a PING."""
    try:
        with _broker(redis_url) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def worker_listens(redis_url: str, name: str) -> bool:
    """Tell whether a worker waits for tasks: it does so in a blocking BRPOP.

    `name` is what the worker calls itself at the broker.
    """
    try:
        with _broker(redis_url) as client:
            return any(
                row["cmd"] == "brpop" and row["name"] == name
                for row in client.client_list()
            )
    except (redis.RedisError, OSError):
        return False


def _broker(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=PROBE_TIMEOUT_SECONDS,
        socket_connect_timeout=PROBE_TIMEOUT_SECONDS,
    )
