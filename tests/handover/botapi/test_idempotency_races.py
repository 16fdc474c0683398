"""The same request twice at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from handover.models import Handover, IdempotencyRecord, Message, MessageSource
from tests.handover.botapi.bot import Answer, Bot, json_of, make_bot

WISH = {"userId": "user-1", "sessionId": "session-1"}
AT_ONCE = 4


def all_at_once(call: Callable[[Bot], Answer], bot: Bot) -> list[Answer]:
    """Make the same call from several threads that start together."""
    gate = threading.Barrier(AT_ONCE)

    def call_when_all_are_there(_: int) -> Answer:
        client = Bot(bot.endpoint, bot.api_key)
        gate.wait(timeout=20)
        try:
            return call(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call_when_all_are_there, range(AT_ONCE)))


def replayed(answers: list[Answer]) -> int:
    return sum("Idempotency-Replayed" in answer.headers for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_one_key_starts_one_handover_however_many_ask_at_once() -> None:
    bot = make_bot("shop")
    answers = all_at_once(
        lambda client: client.post("/handovers", WISH, idempotency_key="one"), bot
    )
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.content for answer in answers}) == 1
    assert replayed(answers) == AT_ONCE - 1
    assert (Handover.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_key_says_one_message_however_many_send_it_at_once() -> None:
    bot = make_bot("shop")
    address = f"/handovers/{bot.start()['id']}/messages"
    said = {"authorType": "user", "text": "hello"}
    answers = all_at_once(
        lambda client: client.post(address, said, idempotency_key="m"), bot
    )
    assert [answer.status_code for answer in answers] == [202] * AT_ONCE
    assert replayed(answers) == AT_ONCE - 1
    assert Message.objects.filter(source=MessageSource.API).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_one_start_wins_and_the_others_get_what_runs() -> None:
    bot = make_bot("shop")
    answers = all_at_once(lambda client: client.post("/handovers", WISH), bot)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    handover = str(Handover.objects.get().pk)
    for answer in answers:
        document = json_of(answer)
        assert document.get("handover", document)["id"] == handover


@pytest.mark.django_db(transaction=True)
def test_many_messages_at_once_get_numbers_without_gaps() -> None:
    bot = make_bot("shop")
    address = f"/handovers/{bot.start()['id']}/messages"
    first = Message.objects.latest("seq").seq
    said = {"authorType": "user", "text": "hello"}
    answers = all_at_once(lambda client: client.post(address, said), bot)
    assert [answer.status_code for answer in answers] == [202] * AT_ONCE
    numbers = sorted(json_of(answer)["seq"] for answer in answers)
    assert numbers == list(range(first + 1, first + 1 + AT_ONCE))
