"""How long the pages of an operator take to open."""

import asyncio
import html
import re
import statistics
import time
from dataclasses import dataclass, field

from benchmarks.arena import Arena
from benchmarks.throughput import MeasurementFailed
from benchmarks.wire import connect, request_bytes

TRIES = 3
OK = 200
# Nobody waits longer: then this is the figure.
MOST_SECONDS = 10.0
LOG_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
user, _ = get_user_model().objects.get_or_create(
    username="bench", defaults={"is_staff": True, "is_superuser": True}
)
browser = Client()
browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
result = browser.cookies["sessionid"].value
"""
LISTS = {
    "handovers": "/admin/handover/handover/",
    "deliveries": "/admin/handover/delivery/",
    "callbacks": "/admin/handover/callbackevent/",
    "mailboxes": "/admin/handover/mailbox/",
    "inboxes": "/admin/handover/conversationinbox/",
}
SEARCHES = {
    "handovers, searched": "/admin/handover/handover/?q=seeded-7",
    "deliveries, searched": "/admin/handover/delivery/?q=seeded-7",
    "callbacks, searched": "/admin/handover/callbackevent/?q=seeded-7",
}
PROBES = {"/metrics": "/metrics", "/readyz": "/readyz"}
# A filter or a sorting of a list page.
LINK = re.compile(r'href="(\?[^"]+)"')


@dataclass(frozen=True)
class Looked:
    """Median seconds by page, and which link was a list's slowest."""

    seconds: dict[str, float] = field(default_factory=dict)
    slowest_links: dict[str, str] = field(default_factory=dict)


class Operator:
    """Somebody logged in to the admin, past the front."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._cookie = f"sessionid={arena.manage.evaluate(LOG_IN)}"

    def look(self) -> Looked:
        """Open each page a few times, and each link on a list page once."""
        pages = {**PROBES, **LISTS, **SEARCHES}
        seconds = {name: self._time(path) for name, path in pages.items()}
        slowest = {}
        for name, path in LISTS.items():
            if links := self._links(path):
                link = max(links, key=lambda found: links[found])
                seconds[f"{name}, slowest of its links"] = links[link]
                slowest[f"{name}, slowest of its links"] = link
        return Looked(seconds, slowest)

    def _links(self, path: str) -> dict[str, float]:
        """Seconds by filter or sorting."""
        links = dict.fromkeys(map(html.unescape, LINK.findall(self._open(path)[1])))
        return {link: self._open(path + link)[0] for link in links}

    def _time(self, path: str) -> float:
        return statistics.median(self._open(path)[0] for _ in range(TRIES))

    def _open(self, path: str) -> tuple[float, str]:
        return asyncio.run(self._get(path))

    async def _get(self, path: str) -> tuple[float, str]:
        connection = await connect(self._arena.web_socket)
        request = request_bytes("GET", path, headers={"cookie": self._cookie})
        began_at = time.perf_counter()
        try:
            async with asyncio.timeout(MOST_SECONDS):
                answer = await connection.call(request)
        except TimeoutError:
            return MOST_SECONDS, ""
        finally:
            connection.close()
        took = time.perf_counter() - began_at
        if answer.status != OK:
            raise MeasurementFailed(f"{path}: {answer.status}")
        return took, answer.body.decode(errors="replace")
