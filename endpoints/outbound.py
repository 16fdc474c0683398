"""Outgoing HTTP to addresses that admins and bots choose.

A session from `open_session` calls a host only when every address behind its name may
be called. Nothing here reads settings or the environment.
"""

from http.cookiejar import DefaultCookiePolicy

import requests

from endpoints.eightbyeight.body_reading import (
    BodyTooLarge,
    BodyTooSlow,
    read_limited,
)
from endpoints.pinning import PinningAdapter
from endpoints.targets import TargetRefused, check_target

__all__ = [
    "BodyTooLarge",
    "BodyTooSlow",
    "TargetRefused",
    "check_target",
    "open_session",
    "read_limited",
]


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
    adapter = PinningAdapter(allow_private=allow_private)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _DirectSession(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect is an answer like any other, whatever a caller asks for.
        Otherwise requests reads its body without a limit to prepare the next one."""
        return None
