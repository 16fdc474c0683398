"""Answers that are no success become typed errors that know what to do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from endpoints.eightbyeight.errors import (
    CredentialsRefused,
    EightByEightError,
    MalformedAnswer,
    NotFound,
    RateLimited,
    Rejected,
    ServerTrouble,
    TenantRefused,
    TryLater,
)
from endpoints.eightbyeight.payloads import AuthorType
from endpoints.eightbyeight.refusals import error_code, retry_after_seconds
from tests.endpoints.eight_by_eight import GATEWAY, new_client

SECRET_WORDS = "please refund 10000 EUR"
MESSAGES = f"{GATEWAY}/conversations/c-1/messages"


def send() -> None:
    new_client().send_message(
        conversation_id="c-1", author_type=AuthorType.USER, text="Hello"
    )


def refused(**answer: Any) -> EightByEightError:
    with responses.RequestsMock() as wire:
        wire.post(MESSAGES, **answer)
        with pytest.raises(EightByEightError) as caught:
            send()
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "unknown", "setting"),
    [
        (301, Rejected, False, False, "Base URL"),
        (302, Rejected, False, False, "Base URL"),
        (400, Rejected, False, False, ""),
        (401, CredentialsRefused, False, False, "API Key"),
        (403, TenantRefused, False, False, "8x8-Tenant"),
        (404, NotFound, False, False, ""),
        (408, TryLater, True, False, ""),
        (409, Rejected, False, False, ""),
        (422, Rejected, False, False, ""),
        (425, TryLater, True, False, ""),
        (429, RateLimited, True, False, ""),
        (500, ServerTrouble, True, True, ""),
        (503, ServerTrouble, True, True, ""),
    ],
)
def test_each_status_says_what_to_do(
    status: int,
    kind: type[EightByEightError],
    retryable: bool,
    unknown: bool,
    setting: str,
) -> None:
    error = refused(status=status, json={"message": SECRET_WORDS})
    assert type(error) is kind
    assert (error.retryable, error.outcome_unknown) == (retryable, unknown)
    assert (error.status, error.setting) == (status, setting)


def test_a_read_that_fails_with_500_has_certainly_changed_nothing() -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{GATEWAY}/conversations/c-1", status=500)
        with pytest.raises(ServerTrouble) as caught:
            new_client().get_conversation(conversation_id="c-1")
    assert caught.value.outcome_unknown is False


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"message": SECRET_WORDS, "errors": [SECRET_WORDS]}, ""),
        ({"errors": [{"code": "invalid_queue", "message": "x"}]}, "invalid_queue"),
        ({"errors": {"code": "invalid_json_object"}}, "invalid_json_object"),
        (
            {"errors": [], "validations": [{"code": "invalid_channel"}]},
            "invalid_channel",
        ),
        ({"validations": ["<<name>>: May not be empty."]}, ""),
        ({"ErrorCode": "invalid_request", "Error": "x"}, "invalid_request"),
        ({"errors": [{"code": SECRET_WORDS}]}, ""),
        ({"errors": [{"code": {"a": 1}}, {"code": "second"}]}, "second"),
        ({"errors": None}, ""),
        ([1, 2], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_code_is_found_in_every_shape_of_error(body: object, code: str) -> None:
    assert error_code(json.dumps(body).encode()) == code


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_has_no_code(body: bytes) -> None:
    assert error_code(body) == ""


def test_an_error_without_a_code_says_its_status() -> None:
    assert refused(status=400, body="<html>no</html>").code == "http-400"


@pytest.mark.parametrize(
    ("code", "setting"),
    [("invalid_queue", "8x8 Queue Id"), ("channel_not_found", "8x8 Channel Id")],
)
def test_a_rejection_names_the_field_to_mend(code: str, setting: str) -> None:
    assert refused(status=400, json={"errors": [{"code": code}]}).setting == setting


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_errors_never_carry_what_somebody_wrote(status: int) -> None:
    error = refused(
        status=status,
        json={"message": SECRET_WORDS, "errors": [{"code": SECRET_WORDS}]},
    )
    shown = f"{error} {error!r} {vars(error)}"
    assert SECRET_WORDS not in shown
    assert "key-0123456789" not in shown


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("99999999", 3600.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2099 11:00:00 GMT", 3600.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_and_clamped(header: str, seconds: float | None) -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert retry_after_seconds(header, now=now) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_reaches_the_caller(status: int) -> None:
    assert refused(status=status, headers={"Retry-After": "3"}).retry_after_seconds == 3


def test_a_success_that_is_no_json_is_not_understood() -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{GATEWAY}/conversations/c-1", body="<html>welcome</html>")
        with pytest.raises(MalformedAnswer) as caught:
            new_client().get_conversation(conversation_id="c-1")
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"'])
def test_a_success_that_is_no_object_is_not_understood(body: str) -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{GATEWAY}/conversations/c-1", body=body)
        with pytest.raises(MalformedAnswer):
            new_client().get_conversation(conversation_id="c-1")


@pytest.mark.parametrize("key", ["a\nb", "ü", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_the_settings_fault(key: str) -> None:
    with responses.RequestsMock() as wire, pytest.raises(CredentialsRefused):
        new_client(api_key=key).get_conversation(conversation_id="c-1")
    assert len(wire.calls) == 0


def test_a_tenant_that_cannot_be_sent_is_the_settings_fault() -> None:
    with responses.RequestsMock() as wire, pytest.raises(TenantRefused):
        new_client(tenant="a\r\nb").get_conversation(conversation_id="c-1")
    assert len(wire.calls) == 0
