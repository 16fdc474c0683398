"""8x8's published description of the API, read from the file in CHAT_GATEWAY_SPEC.

Known quirks of that file, and what is done about them here:

* The answer with a public key is declared as a text, while its example, and what
  clients need, is an object. Such answers are checked against the members of an RSA
  key instead.
* Start and end of an interaction are declared as dates, while the examples are dates
  with a time. The format `date` is therefore read as `date-time`.
* `data`, `messages`, `cards`, `size` and `type` are required without being declared.
  The sandbox sends them, so nothing is relaxed for these.
* Who may say a message that is sent (`user`, `bot`) stands in an extension that no
  validator reads, at a place that answers use for others too. For messages that are
  sent it is read as an `enum`.
* A message with an external provider can never be valid: what requires
  `externalProvider` also forbids the required `authorType`. Answers are not
  concerned.
"""

import copy
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import (
    RequestsOpenAPIRequest,
    RequestsOpenAPIResponse,
)
from openapi_core.testing import MockRequest, MockResponse

VARIABLE = "CHAT_GATEWAY_SPEC"
KEY_PATH = "/chat-gateway/v1/jwk/{jwkId}/public"
JSON_TYPES = ("application/hal+json", "application/problem+json")
RSA_KEY = {
    "type": "object",
    "required": ["kty", "e", "kid", "n"],
    "properties": {
        "kty": {"type": "string", "enum": ["RSA"]},
        "e": {"type": "string"},
        "kid": {"type": "string"},
        "n": {"type": "string"},
    },
}


def specification_path() -> Path | None:
    text = os.environ.get(VARIABLE, "")
    return Path(text) if text else None


class Specification:
    """Checks calls and answers; `url` is where the API runs, instead of at 8x8."""

    def __init__(self, path: Path, *, url: str) -> None:
        published: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        self._paths: dict[str, Any] = published["paths"]
        mended = copy.deepcopy(published)
        mended["servers"] = [{"url": url}]
        self._url = url
        key_answer = mended["paths"][KEY_PATH]["get"]["responses"]["200"]
        key_answer["content"]["application/json"]["schema"] = RSA_KEY
        schemas = mended["components"]["schemas"]
        for name in ("startTime", "endTime"):
            schemas["InteractionInfo"]["properties"][name]["format"] = "date-time"
        sent = schemas["SendConversationMessagePayload"]["allOf"][0]["properties"]
        speakers = schemas["ExternalAuthorType"]["x-extensible-enum"]
        sent["authorType"] = {"type": "string", "enum": speakers}
        read_json: Callable[[bytes], Any] = json.loads
        readers = dict.fromkeys(JSON_TYPES, read_json)
        config = Config(extra_media_type_deserializers=readers)
        self._openapi = OpenAPI.from_dict(mended, config=config)

    def operations(self) -> set[tuple[str, str]]:
        return {
            (method.upper(), path)
            for path, methods in self._paths.items()
            for method in methods
        }

    def check(self, answer: requests.Response) -> None:
        """Raises openapi-core's errors for an answer that is not as published."""
        self._check_success(
            *self.operation_of(answer), answer.status_code, answer.content
        )
        request = RequestsOpenAPIRequest(answer.request)
        self._openapi.validate_response(request, RequestsOpenAPIResponse(answer))

    def check_call(self, call: Mapping[str, Any]) -> None:
        """Raises openapi-core's errors for a call, out of the sandbox's log of calls,
        that is not as published, or whose answer is not."""
        request = _request_of(call, self._url)
        self._openapi.validate_request(request)
        if call["status"] is None:
            return
        answer = call["answer"].encode()
        self._check_success(
            *self.operation(call["method"], call["path"]), call["status"], answer
        )
        response = MockResponse(
            answer,
            status_code=call["status"],
            content_type=call["answerType"].partition(";")[0],
        )
        self._openapi.validate_response(request, response)

    def _check_success(
        self, method: str, path: str, status: int, content: bytes
    ) -> None:
        """A success must be one that is declared, and have a body only if it may."""
        if status >= 400:
            return
        declared = self._paths[path][method.lower()]["responses"]
        assert str(status) in declared, f"{method} {path} never answers {status}"
        if "content" not in declared[str(status)]:
            assert content == b"", f"{method} {path} {status}: a body"

    def operation_of(self, answer: requests.Response) -> tuple[str, str]:
        """Method and path pattern of an answered request."""
        path = urlsplit(str(answer.request.url)).path
        return self.operation(str(answer.request.method), path)

    def operation(self, method: str, path: str) -> tuple[str, str]:
        """Method and path pattern; what is written out goes before a parameter."""
        for pattern in sorted(self._paths, key=lambda text: text.count("{")):
            expression = re.sub(r"\{\w+\}", "[^/]+", pattern)
            if re.fullmatch(expression, path):
                return method, pattern
        raise AssertionError(f"{path} is no published path")


def _request_of(call: Mapping[str, Any], url: str) -> MockRequest:
    headers = dict(call["headers"])
    return MockRequest(
        url,
        call["method"],
        call["path"],
        args=dict(parse_qsl(call["query"])),
        # The log leaves the key out; that it was right shows in the answer.
        headers={**headers, "x-api-key": "not in the log"},
        data=call["body"].encode(),
        content_type=headers.get("Content-Type", ""),
    )
