"""One call to 8x8 over an injected session: bytes out, JSON or a typed error in."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import requests

from endpoints.eightbyeight.body_reading import read_limited
from endpoints.eightbyeight.breakdowns import breakdown
from endpoints.eightbyeight.errors import (
    CredentialsRefused,
    MalformedAnswer,
    Rejected,
    TenantRefused,
)
from endpoints.eightbyeight.json_values import Document
from endpoints.eightbyeight.refusals import refusal

MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
PREFIX = "/chat-gateway/v1"


@dataclass(frozen=True)
class Answer:
    """A success; `body` is None when it could not be read to its end."""

    status: int
    body: bytes | None


class Calls:
    """The part that all calls share."""

    def __init__(
        self,
        *,
        http: requests.Session,
        base_url: str,
        api_key: str,
        tenant: str = "",
        connect_timeout_seconds: float = 3.0,
        read_timeout_seconds: float = 10.0,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._tenant = tenant
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds

    def _command(
        self, method: str, path: str, *, body: Mapping[str, object] | None = None
    ) -> None:
        """A call whose status is the whole answer; its body does not matter."""
        self._call(method, path, body=body)

    def _document(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Document:
        answer = self._call(method, path, body=body, query=query)
        try:
            document = json.loads(answer.body) if answer.body is not None else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise self._malformed(method, answer.status)
        return document

    def _malformed(self, method: str, status: int) -> MalformedAnswer:
        return MalformedAnswer(
            "8x8's answer cannot be understood",
            code="malformed-answer",
            status=status,
            outcome_unknown=method != "GET",
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Answer:
        url = self._base_url + path
        if query:
            url += "?" + urlencode(query, quote_via=quote)
        try:
            prepared = self._prepare(method, url, body)
            started = time.monotonic()
            response = self._send(prepared)
        except requests.RequestException as error:
            # `from None`: the causes' texts hold addresses and header values.
            raise breakdown(error, changes_something=method != "GET") from None
        return self._read(response, method=method, started=started)

    def _prepare(
        self, method: str, url: str, body: Mapping[str, object] | None
    ) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=method,
            url=url,
            headers=self._headers(has_body=body is not None),
            data=_encode(body) if body is not None else None,
        )
        return prepared

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        # Not compressed: the answers are small, and a bomb has no fuse.
        headers = {
            "Accept": "application/hal+json, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "handover",
        }
        if has_body:
            headers["Content-Type"] = "application/json"
        if self._api_key:
            if not is_header_text(self._api_key):
                raise CredentialsRefused(
                    "the API Key holds characters that no key has", code="malformed-key"
                )
            headers["x-api-key"] = self._api_key
        if self._tenant:
            if not is_header_text(self._tenant):
                raise TenantRefused(
                    "8x8-Tenant holds characters that no tenant has",
                    code="malformed-tenant",
                )
            headers["X-8x8-Tenant"] = self._tenant
        return headers

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        # Straight through the session's adapter: `Session.send` would read the whole
        # body of a redirect, without any limit, although it does not follow it.
        adapter = self._http.get_adapter(url=prepared.url or "")
        return adapter.send(
            prepared,
            stream=True,
            timeout=(self._connect_timeout_seconds, self._read_timeout_seconds),
            verify=True if self._http.verify is None else self._http.verify,
            cert=self._http.cert,
            proxies=dict(self._http.proxies),
        )

    def _read(
        self, response: requests.Response, *, method: str, started: float
    ) -> Answer:
        status = response.status_code
        succeeded = 200 <= status < 300
        deadline = (
            started + self._connect_timeout_seconds + 2 * self._read_timeout_seconds
        )
        body: bytes | None
        try:
            body = read_limited(
                response,
                limit_bytes=MAX_ANSWER_BYTES if succeeded else MAX_ERROR_BYTES,
                deadline=deadline,
            )
        except requests.RequestException:
            # The status has come, and for most calls it is the answer.
            body = None
        if succeeded:
            return Answer(status=status, body=body)
        raise refusal(
            status=status,
            body=body or b"",
            retry_after=response.headers.get("Retry-After", ""),
            changes_something=method != "GET",
        )


def is_header_text(value: str) -> bool:
    """Whether the value can stand in a header as it is."""
    return value.isascii() and value.isprintable()


def path_part(identifier: str) -> str:
    """An id as one part of a path; never a step up or aside in it."""
    if identifier.strip(".") == "":
        raise Rejected("an id is empty or only dots", code="malformed-id")
    return quote(identifier, safe="")


def _encode(body: Mapping[str, object]) -> bytes:
    # ASCII escapes also carry lone surrogates, which UTF-8 cannot.
    try:
        return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        raise Rejected(
            "the request holds a number that JSON does not have", code="malformed-body"
        ) from None
