"""Every error is a problem document."""

import json
import logging

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from handover.models import Handover
from tests.handover.botapi.bot import BASE, Bot, fields_of, json_of, problem_of

WISH = {"userId": "user-1", "sessionId": "session-1"}


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/handovers", "/api/v1/nothing/"],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_unknown_address_is_not_found(
    client: Client, path: str, method: str
) -> None:
    answer = getattr(client, method)(path)
    problem_of(answer, 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/handovers", "GET, POST"),
        ("DELETE", "/handovers/{id}", "GET, PATCH"),
        ("GET", "/handovers/{id}/cancel", "POST"),
        ("POST", "/handovers/{id}/events", "GET"),
        ("OPTIONS", "/handovers", "GET, POST"),
    ],
)
def test_a_wrong_method_is_not_allowed(
    bot: Bot, method: str, path: str, allowed: str
) -> None:
    answer = bot.call(method, path.format(id=bot.start()["id"]))
    problem_of(answer, 405, "method-not-allowed")
    named = set(answer.headers["Allow"].replace("HEAD", "").replace(" ", "").split(","))
    assert set(allowed.split(", ")) <= named


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"userId": NaN}',
        '{"userId": 1e999}',
        "[" * 5000,
        '{"a":' * 100 + "1" + "}" * 100,
        b'{"userId": "\xff"}',
        '{"userId": "a\nb"}',
    ],
)
def test_what_is_no_json_cannot_be_read(bot: Bot, body: str | bytes) -> None:
    answer = bot.post("/handovers", body)
    problem_of(answer, 400, "malformed")
    assert Handover.objects.count() == 0


def test_a_malformed_body_is_not_repeated_in_the_answer(bot: Bot) -> None:
    answer = bot.post("/handovers", '{"userId": "secret words" oops}')
    problem_of(answer, 400, "malformed")
    assert b"secret" not in answer.content
    assert b"oops" not in answer.content


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""],
)
def test_other_types_than_json_are_not_taken(bot: Bot, content_type: str) -> None:
    answer = bot.client.generic(
        "POST",
        f"{BASE}/handovers",
        '{"userId": "u", "sessionId": "s"}',
        content_type=content_type,
        headers={"Authorization": f"Bearer {bot.api_key}"},
    )
    problem_of(answer, 415, "unsupported-media-type")
    assert Handover.objects.count() == 0


def test_json_with_parameters_is_json(bot: Bot) -> None:
    answer = bot.client.generic(
        "POST",
        f"{BASE}/handovers",
        json.dumps(WISH),
        content_type="Application/JSON; charset=utf-8",
        headers={"Authorization": f"Bearer {bot.api_key}"},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "one"}])
def test_a_body_that_is_too_large_is_refused(bot: Bot, key: dict[str, str]) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        answer = bot.post("/handovers", {**WISH, "note": "x" * 1000}, **key)
    problem_of(answer, 413, "too-large")
    assert Handover.objects.count() == 0


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense"])
def test_the_answer_is_json_whatever_the_caller_accepts(bot: Bot, accept: str) -> None:
    headers = {"Accept": accept}
    answer = bot.call("GET", "/handovers", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        200,
        "application/json",
    )
    problem_of(bot.call("GET", "/nothing", headers=headers), 404, "not-found")


def test_a_trailing_slash_changes_nothing(bot: Bot) -> None:
    answer = bot.post("/handovers/", WISH)
    assert answer.status_code == 201
    started = json_of(answer)
    address = f"/handovers/{started['id']}"
    for path in (address, f"{address}/messages", f"{address}/events", "/handovers"):
        assert bot.get(f"{path}/").content == bot.get(path).content
    assert bot.post(f"{address}/cancel/").status_code == 200


def test_an_unforeseen_error_tells_nothing_and_is_logged(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr("django.db.models.query.QuerySet.order_by", fail)
    with caplog.at_level(logging.ERROR):
        answer = bot.get("/handovers")
    problem_of(answer, 500, "internal-error")
    assert b"1234" not in answer.content
    assert "bot API: RuntimeError" in caplog.text


def test_a_database_that_is_away_is_a_reason_to_try_again(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.models.query.QuerySet.order_by", fail)
    answer = bot.get("/handovers")
    problem_of(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_field_paths_are_those_of_the_body(bot: Bot) -> None:
    body = {
        "userId": "u",
        "user": {"email": "x"},
        "history": [{"authorType": "user", "text": "a"}, {"authorType": "nobody"}],
    }
    problem = problem_of(bot.post("/handovers", body), 422, "invalid")
    assert sorted(fields_of(problem)) == [
        "history.1.authorType",
        "sessionId",
        "user.email",
    ]
    assert all(error["message"] for error in problem["errors"])
