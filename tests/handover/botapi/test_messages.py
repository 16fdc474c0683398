"""POST and GET /handovers/{id}/messages."""

from typing import Any

import pytest

from handover.models import Delivery, DeliveryKind, Message
from tests.handover.botapi.bot import Bot, fields_of, give_to_agent, json_of, problem_of


def deliveries_of(message_id: str) -> int:
    return Delivery.objects.filter(
        kind=DeliveryKind.MESSAGE, message_id=message_id
    ).count()


def test_a_message_is_stored_and_queued_in_order(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    answers = [
        bot.post(address, {"authorType": "user", "text": text}) for text in ("1", "2")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    first, second = map(json_of, answers)
    assert set(first) == {"id", "seq", "delivery"}
    assert first["delivery"] == "pending"
    assert second["seq"] == first["seq"] + 1
    assert (deliveries_of(first["id"]), deliveries_of(second["id"])) == (1, 1)


def test_text_is_kept_exactly(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    text = "  two lines\nand a \N{PARTY POPPER}  "
    said = json_of(bot.post(address, {"authorType": "user", "text": text}))
    assert Message.objects.get(pk=said["id"]).text == text


def test_nothing_is_said_in_an_ended_handover(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}"
    bot.post(f"{address}/cancel")
    before = Message.objects.count()
    said = {"authorType": "user", "text": "hello"}
    problem_of(bot.post(f"{address}/messages", said), 409, "ended")
    assert Message.objects.count() == before


@pytest.mark.parametrize("epoch", [{}, {"ownerEpoch": 1}, {"ownerEpoch": None}])
def test_a_bot_that_missed_the_agents_arrival_is_not_heard(
    bot: Bot, epoch: dict[str, Any]
) -> None:
    started = bot.start()
    assert give_to_agent(started["id"]).owner_epoch == 2
    address = f"/handovers/{started['id']}/messages"
    answer = bot.post(address, {"authorType": "bot", "text": "I can help!", **epoch})
    problem = problem_of(answer, 409, "not-owner")
    assert problem["ownerEpoch"] == 2
    kept = Message.objects.get(pk=problem["message"]["id"])
    assert (kept.text, kept.delivery, kept.delivery_reason) == (
        "I can help!",
        "suppressed",
        "not-owner",
    )
    assert problem["message"]["delivery"] == "suppressed"
    assert deliveries_of(problem["message"]["id"]) == 0
    shown = json_of(bot.get(address))["messages"][-1]
    assert (shown["delivery"], shown["deliveryReason"]) == ("suppressed", "not-owner")


def test_a_bot_that_knows_the_epoch_speaks(bot: Bot) -> None:
    started = bot.start()
    give_to_agent(started["id"])
    said = {"authorType": "bot", "text": "For the agent", "ownerEpoch": 2}
    answer = bot.post(f"/handovers/{started['id']}/messages", said)
    assert answer.status_code == 202
    assert deliveries_of(json_of(answer)["id"]) == 1


def test_the_user_speaks_in_every_epoch(bot: Bot) -> None:
    started = bot.start()
    give_to_agent(started["id"])
    said = {"authorType": "user", "text": "Hello", "ownerEpoch": 1}
    assert bot.post(f"/handovers/{started['id']}/messages", said).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"authorType": "agent"}, "authorType"),
        ({"authorType": None}, "authorType"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"ownerEpoch": 0}, "ownerEpoch"),
        ({"ownerEpoch": -1}, "ownerEpoch"),
        ({"ownerEpoch": 2**31}, "ownerEpoch"),
        ({"ownerEpoch": "two"}, "ownerEpoch"),
        ({"attachments": ["0b0f2f0e"]}, "attachments"),
        ({"cards": [{"type": "AdaptiveCard"}]}, "cards"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_said(
    bot: Bot, change: dict[str, Any], field: str
) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    before = Message.objects.count()
    said = {"authorType": "bot", "text": "hello", **change}
    problem = problem_of(bot.post(address, said), 422, "invalid")
    assert fields_of(problem) == [field]
    assert Message.objects.count() == before


def test_empty_attachments_and_cards_are_no_attachments_and_cards(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    said = {"authorType": "user", "text": "x" * 10_000, "attachments": [], "cards": []}
    assert bot.post(address, said).status_code == 202


def test_the_transcript_begins_with_the_history(bot: Bot) -> None:
    history = [{"authorType": "user", "text": "Before"}]
    address = f"/handovers/{bot.start(history=history)['id']}/messages"
    bot.post(address, {"authorType": "user", "text": "After"})
    messages = json_of(bot.get(address))["messages"]
    assert [messages[0]["text"], messages[-1]["text"]] == ["Before", "After"]
    assert [messages[0]["source"], messages[-1]["source"]] == ["history", "api"]
    assert [messages[0]["delivery"], messages[-1]["delivery"]] == ["none", "pending"]


def test_the_transcript_comes_in_pages(bot: Bot) -> None:
    history = [{"authorType": "user", "text": str(number)} for number in range(5)]
    address = f"/handovers/{bot.start(history=history)['id']}/messages"
    whole = json_of(bot.get(address))
    assert whole["nextAfter"] is None
    pages, after = [], 0
    while after is not None:
        page = json_of(bot.get(address, after=after, limit=2))
        assert len(page["messages"]) <= 2
        pages += page["messages"]
        after = page["nextAfter"]
    assert pages == whole["messages"]


@pytest.mark.parametrize("query", [{"after": "-1"}, {"limit": "0"}, {"after": "x"}])
def test_a_wrong_query_parameter_is_named(bot: Bot, query: dict[str, str]) -> None:
    address = f"/handovers/{bot.start()['id']}/messages"
    problem = problem_of(bot.get(address, **query), 422, "invalid")
    assert fields_of(problem) == list(query)
