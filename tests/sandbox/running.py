"""A sandbox process, and a client that calls it as the product would."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import requests

GATEWAY = "/chat-gateway/v1"
VERSION = "Chat Gateway v1.0"
API_KEY = "sandbox-api-key"
PROJECT_FOLDER = Path(__file__).resolve().parents[2]
STOP_SECONDS = 10.0
CALL_SECONDS = 15.0
READY = re.compile(r"agent desktop at (?P<url>http\S+)/desktop/")


def start_program(
    *arguments: str, data: Path, explains: bool = True, **variables: str
) -> "subprocess.Popen[str]":
    """`explains`: what it says on stderr is wanted, so it is expected to end soon."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--data", str(data), *arguments],
        cwd=PROJECT_FOLDER,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if explains else None,
        text=True,
    )


class RunningSandbox:
    """`url` is known once it is ready; leaving the block stops it."""

    def __init__(self, *, data: Path, **variables: str) -> None:
        self._data = data
        self._variables = variables
        self.url = ""

    def __enter__(self) -> Self:
        self.process = start_program(
            "--port", "0", data=self._data, explains=False, **self._variables
        )
        assert self.process.stdout is not None
        ready = READY.search(self.process.stdout.readline())
        assert ready is not None, "the sandbox did not say where it listens"
        self.url = ready["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Caller:
    """Calls with the default credentials, unless told otherwise."""

    def __init__(self, *, url: str, api_key: str = API_KEY, tenant: str = "") -> None:
        self.url = url
        self.headers = {"x-api-key": api_key}
        if tenant:
            self.headers["X-8x8-Tenant"] = tenant

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        arguments.setdefault("headers", self.headers)
        timeout = arguments.pop("timeout", CALL_SECONDS)
        return requests.request(method, self.url + path, timeout=timeout, **arguments)

    def gateway(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self.call(method, GATEWAY + path, **arguments)

    def send_callbacks_to(self, uri: str) -> None:
        answer = self.gateway(
            "PUT", "/webhooks/sandbox-webhook", json=webhook_body(uri=uri)
        )
        assert answer.status_code == 200

    def start_conversation(self, **body: Any) -> str:
        answer = self.gateway("POST", "/conversations", json=start_body(**body))
        assert answer.status_code == 202, answer.text
        conversation_id: str = answer.json()["conversationId"]
        return conversation_id

    def say(self, conversation_id: str, text: str, author: str = "user") -> None:
        answer = self.gateway(
            "POST",
            f"/conversations/{conversation_id}/messages",
            json={"authorType": author, "text": text},
        )
        assert answer.status_code == 202, answer.text

    def act(
        self, agent: str, name: str, conversation_id: str, **body: Any
    ) -> dict[str, Any]:
        answer = self.try_to_act(agent, name, conversation_id, **body)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def try_to_act(
        self, agent: str, name: str, conversation_id: str, **body: Any
    ) -> requests.Response:
        return self.call(
            "POST",
            f"/sandbox/agents/{agent}/{name}",
            json={"conversationId": conversation_id, **body},
        )

    def arm(self, fault: str, **body: Any) -> None:
        answer = self.call("POST", "/sandbox/faults", json={"fault": fault, **body})
        assert answer.status_code == 201, answer.text

    def armed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/sandbox/faults").json()[
            "faults"
        ]
        return found

    def state_of(self, conversation_id: str) -> dict[str, Any]:
        """The conversation as the gateway shows it."""
        document: dict[str, Any] = self.gateway(
            "GET", f"/conversations/{conversation_id}"
        ).json()
        return document

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        document: dict[str, Any] = self.call(
            "GET", f"/sandbox/conversations/{conversation_id}"
        ).json()
        return document

    def conversations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/sandbox/conversations").json()[
            "conversations"
        ]
        return found

    def callbacks(self, conversation_id: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(
            "GET", "/sandbox/callbacks", params={"conversationId": conversation_id}
        ).json()["callbacks"]
        return found


def start_body(**changes: Any) -> dict[str, Any]:
    return {"channelId": "sandbox-channel", "user": {"name": "Ann"}, **changes}


def webhook_body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "A webhook",
        "uri": "http://127.0.0.1:9/",
        "version": VERSION,
        "notificationVersion": VERSION,
        **changes,
    }
