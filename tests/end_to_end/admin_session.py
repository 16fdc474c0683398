"""An administrator who is logged in, without a browser."""

import re
from typing import Self

import requests

TIMEOUT_SECONDS = 30.0
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class AdminSession:
    """Opens pages and presses their buttons."""

    def __init__(self, base_url: str, *, user: str, password: str) -> None:
        self._base_url = base_url
        self._http = requests.Session()
        self._http.trust_env = False
        self._credentials = {"username": user, "password": password}

    def __enter__(self) -> Self:
        self.post("/admin/login/", next="/admin/", **self._credentials)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str) -> str:
        """A page's HTML."""
        page = self._http.get(self._base_url + path, timeout=TIMEOUT_SECONDS)
        assert page.status_code == 200, f"{path}: {page.status_code}"
        return page.text

    def post(self, path: str, **fields: str) -> str:
        """Send the form that stands on a page; return the page that follows."""
        found = TOKEN.search(self.get(path))
        assert found is not None, f"{path}: no form"
        page = self._http.post(
            self._base_url + path,
            data={"csrfmiddlewaretoken": found[1], **fields},
            headers={"Referer": self._base_url + path},
            timeout=TIMEOUT_SECONDS,
        )
        assert page.status_code == 200, f"{path}: {page.status_code}"
        return page.text
