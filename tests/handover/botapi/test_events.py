"""Polls that reach the `web` process, and the numbers of events."""

import pytest

from handover.models import HandoverEvent
from handover.streams import sse
from tests.handover.botapi.bot import Bot, fields_of, give_to_agent, json_of, problem_of


def test_events_have_numbers_without_gaps_and_the_common_part(bot: Bot) -> None:
    started = bot.start(acceptedMessage="One moment")
    give_to_agent(started["id"])
    address = f"/handovers/{started['id']}"
    bot.post(f"{address}/close")
    answer = json_of(bot.get(f"{address}/events"))
    events = answer["events"]
    assert [event["data"]["seq"] for event in events] == [1, 2, 3, 4]
    assert answer["lastSeq"] == 4
    assert [event["type"] for event in events] == [
        "handover.status",
        "handover.message",
        "handover.status",
        "handover.status",
    ]
    for event in events:
        assert set(event) == {"type", "timestamp", "data"}
        assert event["data"]["handoverId"] == started["id"]
        assert event["data"]["userId"] == "user-1"
        assert event["data"]["sessionId"] == "session-1"
    assert events[1]["data"]["message"]["text"] == "One moment"
    assert events[2]["data"]["handover"]["status"] == "active"
    assert events[2]["data"]["handover"]["lastSeq"] == 3


def test_two_handovers_of_a_session_count_each_for_itself(bot: Bot) -> None:
    first = bot.start()
    bot.post(f"/handovers/{first['id']}/cancel")
    second = bot.start()
    for started, count in ((first, 2), (second, 1)):
        answer = json_of(bot.get(f"/handovers/{started['id']}/events"))
        assert [event["data"]["seq"] for event in answer["events"]] == list(
            range(1, count + 1)
        )


def test_a_poll_goes_on_where_the_last_one_ended(bot: Bot) -> None:
    started = bot.start(acceptedMessage="One moment")
    address = f"/handovers/{started['id']}/events"
    first = json_of(bot.get(address, after=1))
    assert [event["data"]["seq"] for event in first["events"]] == [2]
    assert json_of(bot.get(address, after=first["lastSeq"])) == {
        "events": [],
        "lastSeq": 2,
    }
    assert json_of(bot.get(address, after=99)) == {"events": [], "lastSeq": 2}


def test_a_long_past_comes_in_pieces(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.botapi.event_reading.BATCH_SIZE", 2)
    assert sse.BATCH_SIZE > 2
    started = bot.start(acceptedMessage="One moment")
    give_to_agent(started["id"])
    address = f"/handovers/{started['id']}/events"
    numbers, after = [], 0
    for _ in range(3):
        answer = json_of(bot.get(address, after=after))
        numbers += [event["data"]["seq"] for event in answer["events"]]
        after = answer["lastSeq"]
    assert numbers == [1, 2, 3]
    assert HandoverEvent.objects.count() == 3


def test_the_web_process_answers_at_once_and_has_no_streams(bot: Bot) -> None:
    address = f"/handovers/{bot.start()['id']}/events"
    assert json_of(bot.get(address, after=1, wait=60))["events"] == []
    answer = bot.call("GET", address, headers={"Accept": "text/event-stream"})
    problem_of(answer, 406, "not-acceptable")


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "x"}, {"wait": "-1"}, {"wait": "61"}]
)
def test_a_wrong_query_parameter_is_named(bot: Bot, query: dict[str, str]) -> None:
    address = f"/handovers/{bot.start()['id']}/events"
    problem = problem_of(bot.get(address, **query), 422, "invalid")
    assert fields_of(problem) == list(query)
