"""PATCH, cancel and close."""

from typing import Any

import pytest

from handover.models import Delivery, DeliveryKind, Handover, HandoverEvent
from tests.handover.botapi.bot import Bot, fields_of, give_to_agent, json_of, problem_of


def test_user_data_are_merged_and_sent_on(bot: Bot) -> None:
    address = f"/handovers/{bot.start(user={'name': 'Ada', 'phone': '1'})['id']}"
    answer = bot.call("PATCH", address, {"user": {"phone": "2"}})
    assert (answer.status_code, json_of(answer)["status"]) == (200, "requested")
    assert Handover.objects.get().user == {"name": "Ada", "phone": "2"}
    assert Delivery.objects.filter(kind=DeliveryKind.UPDATE).count() == 1


def test_the_queue_changes_while_waiting_only(bot: Bot) -> None:
    started = bot.start()
    address = f"/handovers/{started['id']}"
    answer = bot.call("PATCH", address, {"queueId": "queue-2"})
    assert json_of(answer)["queue"] == {"id": "queue-2", "name": ""}
    give_to_agent(started["id"])
    problem_of(bot.call("PATCH", address, {"queueId": "queue-3"}), 409, "not-waiting")
    assert Handover.objects.get().queue_id == "queue-2"
    assert bot.call("PATCH", address, {"user": {"name": "Ada"}}).status_code == 200


def test_an_ended_handover_is_not_changed(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}"
    bot.post(f"{address}/close")
    problem_of(bot.call("PATCH", address, {"user": {"name": "A"}}), 409, "ended")
    assert Handover.objects.get().user == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"user": {}}, ""),
        ({"user": {"email": "ada"}}, "user.email"),
        ({"queueId": 7}, "queueId"),
    ],
)
def test_a_change_must_change_something_valid(
    bot: Bot, body: dict[str, Any], field: str
) -> None:
    address = f"/handovers/{bot.start()['id']}"
    problem = problem_of(bot.call("PATCH", address, body), 422, "invalid")
    assert fields_of(problem) == [field]


def test_a_waiting_user_gives_up(bot: Bot) -> None:
    started = bot.start()
    answer = bot.post(f"/handovers/{started['id']}/cancel")
    assert answer.status_code == 200
    document = json_of(answer)
    assert (document["status"], document["endReason"]) == (
        "cancelled",
        "user_cancelled",
    )
    assert document["endedAt"]
    assert document["ownerEpoch"] == 1
    problem_of(bot.post(f"/handovers/{started['id']}/cancel"), 409, "ended")
    problem_of(bot.post(f"/handovers/{started['id']}/close"), 409, "ended")
    assert document == json_of(bot.get(f"/handovers/{started['id']}"))


def test_nobody_gives_up_waiting_while_an_agent_speaks(bot: Bot) -> None:
    started = bot.start()
    give_to_agent(started["id"])
    problem_of(bot.post(f"/handovers/{started['id']}/cancel"), 409, "not-waiting")
    assert Handover.objects.get().status == "active"


def test_closing_ends_it_whoever_has_it_and_gives_it_back(bot: Bot) -> None:
    started = bot.start()
    give_to_agent(started["id"])
    answer = bot.post(f"/handovers/{started['id']}/close", {})
    document = json_of(answer)
    assert (document["status"], document["endReason"]) == ("completed", "bot_closed")
    assert document["ownerEpoch"] == 3
    last = HandoverEvent.objects.latest("seq")
    assert (last.type, last.seq) == ("handover.status", document["lastSeq"])
    assert Delivery.objects.filter(kind=DeliveryKind.CREATE).count() == 1
