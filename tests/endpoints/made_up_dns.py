"""A DNS in the test's hand; addresses and localhost are left to the system."""

import socket
from typing import Any

PUBLIC_ADDRESS = "93.184.215.14"
REAL_GETADDRINFO = socket.getaddrinfo


class MadeUpDns:
    """Answers each look-up of a name with the next of its lists of addresses.

    Other names under `.example` have a public address, and those under `.invalid`
    do not exist.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.look_ups: list[str] = []

    def getaddrinfo(self, host: str, port: int, *args: Any, **options: Any) -> Any:
        addresses = self._addresses(host)
        if addresses is None:
            return REAL_GETADDRINFO(host, port, *args, **options)
        self.look_ups.append(host)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port),
            )
            for address in addresses
        ]

    def _addresses(self, host: str) -> list[str] | None:
        lists = self.answers.get(host)
        if lists is not None:
            return lists.pop(0) if len(lists) > 1 else lists[0]
        if host.endswith(".invalid"):
            return []
        return [PUBLIC_ADDRESS] if host.endswith((".example", ".8x8.com")) else None
