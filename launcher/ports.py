"""Loopback ports: is one free, and which one is."""

import contextlib
import random
import socket

# Below the range from which the kernel takes the ports of outgoing connections, so
# that none of those sits on the port while a server restarts.
FREE_PORT_RANGE = range(20_000, 32_000)
ATTEMPTS = 200
LARGEST_PORT = 65535


class NoFreePort(Exception):
    """No free port was found."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a loopback port now."""
    with contextlib.closing(socket.socket()) as candidate:
        # As servers do it: only a listener is in the way, not a closed connection.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that is free at this moment."""
    for _ in range(ATTEMPTS):
        port = random.choice(FREE_PORT_RANGE)  # noqa: S311 - nothing secret
        if is_free(port):
            return port
    raise NoFreePort(f"no free port in {FREE_PORT_RANGE}")


def next_free_port(after: int) -> int:
    """Return the first free port above a number."""
    for port in range(after + 1, LARGEST_PORT + 1):
        if is_free(port):
            return port
    return free_port()
