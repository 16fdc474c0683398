"""The same request twice: one effect, one answer."""

from typing import Any

import pytest

from handover.models import (
    Delivery,
    DeliveryKind,
    Handover,
    IdempotencyRecord,
    Message,
    MessageSource,
)
from tests.handover.botapi.bot import Bot, fields_of, give_to_agent, json_of, problem_of

WISH = {"userId": "user-1", "sessionId": "session-1"}


def spoken() -> int:
    return Message.objects.filter(source=MessageSource.API).count()


def test_a_repeated_start_gets_the_first_answer(bot: Bot) -> None:
    first = bot.post("/handovers", WISH, idempotency_key="one")
    give_to_agent(json_of(first)["id"])
    second = bot.post("/handovers", WISH, idempotency_key="one")
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Handover.objects.count() == 1


def test_without_a_key_everything_happens_twice(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    for _ in range(2):
        bot.post(address, {"authorType": "user", "text": "hello"})
    assert spoken() == 2
    assert IdempotencyRecord.objects.count() == 0


def test_a_repeated_message_is_said_once(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    said = {"authorType": "user", "text": "hello"}
    answers = [bot.post(address, said, idempotency_key="m") for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert spoken() == 1


@pytest.mark.parametrize("action", ["cancel", "close"])
def test_a_repeated_end_is_no_conflict(bot: Bot, action: str) -> None:
    address = f"/handovers/{bot.start()['id']}/{action}"
    first = bot.post(address, idempotency_key="end")
    second = bot.post(address, idempotency_key="end")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    problem_of(bot.post(address), 409, "ended")


def test_a_key_is_not_used_for_another_body(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    bot.post(address, {"authorType": "user", "text": "one"}, idempotency_key="k")
    answer = bot.post(
        address, {"authorType": "user", "text": "two"}, idempotency_key="k"
    )
    problem = problem_of(answer, 422, "idempotency-key-reused")
    assert fields_of(problem) == ["Idempotency-Key"]
    assert spoken() == 1


def test_a_key_is_not_used_for_another_address(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}"
    bot.post(f"{address}/cancel", idempotency_key="k")
    answer = bot.post(f"{address}/close", idempotency_key="k")
    problem_of(answer, 422, "idempotency-key-reused")


def test_a_trailing_slash_is_no_other_address(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/cancel"
    first = bot.post(address, idempotency_key="k")
    assert bot.post(f"{address}/", idempotency_key="k").content == first.content


def test_two_endpoints_may_use_the_same_key(bot: Bot, stranger: Bot) -> None:
    first = bot.post("/handovers", WISH, idempotency_key="one")
    second = stranger.post("/handovers", WISH, idempotency_key="one")
    assert json_of(first)["id"] != json_of(second)["id"]
    assert "Idempotency-Replayed" not in second.headers


def test_a_refusal_is_an_answer_too(bot: Bot) -> None:
    running = bot.start()
    first = bot.post("/handovers", WISH, idempotency_key="one")
    bot.post(f"/handovers/{running['id']}/close")
    second = bot.post("/handovers", WISH, idempotency_key="one")
    assert problem_of(second, 409, "already-active")["handover"] == running
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Handover.objects.count() == 1


def test_a_suppressed_message_stays_suppressed_and_is_kept_once(bot: Bot) -> None:
    started = bot.start()
    give_to_agent(started["id"])
    address = f"/handovers/{started['id']}/messages"
    said = {"authorType": "bot", "text": "I can help!"}
    answers = [bot.post(address, said, idempotency_key="b") for _ in range(2)]
    problems = [problem_of(answer, 409, "not-owner") for answer in answers]
    assert problems[0] == problems[1]
    message = Message.objects.get(source=MessageSource.API)
    assert message.delivery == "suppressed"
    assert Delivery.objects.filter(message=message).count() == 0
    assert Delivery.objects.filter(kind=DeliveryKind.CREATE).count() == 1


def test_field_errors_are_answered_again(bot: Bot) -> None:
    wrong: dict[str, Any] = {"userId": "u"}
    for _ in range(2):
        answer = bot.post("/handovers", wrong, idempotency_key="one")
        assert fields_of(problem_of(answer, 422, "invalid")) == ["sessionId"]
    assert answer.headers["Idempotency-Replayed"] == "true"
    answer = bot.post("/handovers", WISH, idempotency_key="one")
    problem_of(answer, 422, "idempotency-key-reused")


def test_an_error_of_ours_is_not_kept_and_leaves_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("handover.botapi.views.handovers.handover_document", fail)
        answer = bot.post("/handovers", WISH, idempotency_key="one")
    problem_of(answer, 500, "internal-error")
    assert (Handover.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    answer = bot.post("/handovers", WISH, idempotency_key="one")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


@pytest.mark.parametrize("key", ["", "   ", "k" * 256])
def test_a_key_has_1_to_255_characters(bot: Bot, key: str) -> None:
    problem = problem_of(
        bot.post("/handovers", WISH, idempotency_key=key), 422, "invalid"
    )
    assert fields_of(problem) == ["Idempotency-Key"]
    assert Handover.objects.count() == 0


def test_a_key_of_the_greatest_length_works(bot: Bot) -> None:
    for _ in range(2):
        answer = bot.post("/handovers", WISH, idempotency_key="k" * 255)
        assert answer.status_code == 201
    assert Handover.objects.count() == 1
