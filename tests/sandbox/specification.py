"""8x8's published description of the API, read from the file in CHAT_GATEWAY_SPEC.

Known quirks of that file, and what is done about them here:

* The answer with a public key is declared as a text, while its example, and what
  clients need, is an object. Such answers are checked against the members of an RSA
  key instead.
* Start and end of an interaction are declared as dates, while the examples are dates
  with a time. The format `date` is therefore read as `date-time`.
* `data`, `messages`, `cards`, `size` and `type` are required without being declared.
  The sandbox sends them, so nothing is relaxed for these.
* A message with an external provider can never be valid: what requires
  `externalProvider` also forbids the required `authorType`. Answers are not
  concerned.
"""

import copy
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import (
    RequestsOpenAPIRequest,
    RequestsOpenAPIResponse,
)

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
    """Checks answers; `url` is where the API runs, instead of at 8x8."""

    def __init__(self, path: Path, *, url: str) -> None:
        published: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        self._paths: dict[str, Any] = published["paths"]
        mended = copy.deepcopy(published)
        mended["servers"] = [{"url": url}]
        key_answer = mended["paths"][KEY_PATH]["get"]["responses"]["200"]
        key_answer["content"]["application/json"]["schema"] = RSA_KEY
        interaction = mended["components"]["schemas"]["InteractionInfo"]
        for name in ("startTime", "endTime"):
            interaction["properties"][name]["format"] = "date-time"
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
        method, path = self.operation_of(answer)
        declared = self._paths[path][method.lower()]["responses"]
        status = str(answer.status_code)
        if answer.ok:
            assert status in declared, f"{method} {path} never answers {status}"
            if "content" not in declared[status]:
                assert answer.content == b"", f"{method} {path} {status}: a body"
        request = RequestsOpenAPIRequest(answer.request)
        self._openapi.validate_response(request, RequestsOpenAPIResponse(answer))

    def operation_of(self, answer: requests.Response) -> tuple[str, str]:
        """Method and path pattern; what is written out goes before a parameter."""
        path = urlsplit(str(answer.request.url)).path
        for pattern in sorted(self._paths, key=lambda text: text.count("{")):
            expression = re.sub(r"\{\w+\}", "[^/]+", pattern)
            if re.fullmatch(expression, path):
                return str(answer.request.method), pattern
        raise AssertionError(f"{path} is no published path")
