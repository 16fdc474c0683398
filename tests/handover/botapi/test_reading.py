"""GET /handovers and GET /handovers/{id}."""

import pytest

from handover.models import Handover
from tests.handover.botapi.bot import Bot, fields_of, json_of, problem_of


def test_a_handover_reads_as_it_was_answered(bot: Bot) -> None:
    started = bot.start()
    answer = bot.get(f"/handovers/{started['id']}")
    assert (answer.status_code, json_of(answer)) == (200, started)


@pytest.mark.parametrize(
    "path", ["", "/messages", "/events", "/cancel", "/close", "/messages/"]
)
def test_another_endpoints_handover_is_not_there(
    bot: Bot, stranger: Bot, path: str
) -> None:
    started = bot.start()
    method = "POST" if path in ("/cancel", "/close") else "GET"
    answer = stranger.call(method, f"/handovers/{started['id']}{path}")
    problem_of(answer, 404, "not-found")
    assert Handover.objects.get().status == "requested"


def test_another_endpoint_can_neither_change_nor_speak_in_a_handover(
    bot: Bot, stranger: Bot
) -> None:
    address = f"/handovers/{bot.start()['id']}"
    problem_of(stranger.call("PATCH", address, {"queueId": "q"}), 404, "not-found")
    said = {"authorType": "user", "text": "hello"}
    problem_of(stranger.post(f"{address}/messages", said), 404, "not-found")
    handover = Handover.objects.get()
    assert handover.queue_id == "queue"
    assert handover.messages.filter(source="api").count() == 0
    assert json_of(stranger.get("/handovers"))["items"] == []


@pytest.mark.parametrize(
    "name", ["7", "not-a-uuid", "7d1f0c52-9c1c-4f0a-8a53-0d0c2f6f2b11"]
)
def test_what_is_not_there_is_not_found(bot: Bot, name: str) -> None:
    problem_of(bot.get(f"/handovers/{name}"), 404, "not-found")


def test_the_list_is_newest_first_and_pages_do_not_shift(bot: Bot) -> None:
    ids = [bot.start(f"session-{number}")["id"] for number in range(5)]
    first = json_of(bot.get("/handovers", limit=2))
    bot.start("session-late")
    second = json_of(bot.get("/handovers", limit=2, cursor=first["nextCursor"]))
    third = json_of(bot.get("/handovers", limit=2, cursor=second["nextCursor"]))
    pages = [first, second, third]
    found = [item["id"] for page in pages for item in page["items"]]
    assert found == list(reversed(ids))
    assert third["nextCursor"] is None


def test_handovers_of_one_moment_are_all_listed_once(bot: Bot) -> None:
    ids = {bot.start(f"session-{number}")["id"] for number in range(3)}
    Handover.objects.update(created_at=Handover.objects.earliest("pk").created_at)
    found, cursor = [], ""
    while cursor is not None:
        page = json_of(bot.get("/handovers", limit=1, cursor=cursor))
        found += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert len(found) == 3
    assert set(found) == ids


def test_the_list_is_filtered(bot: Bot) -> None:
    first = bot.start("session-1", userId="ada")["id"]
    second = bot.start("session-2", userId="ada")["id"]
    third = bot.start("session-3", userId="bob")["id"]
    bot.post(f"/handovers/{second}/cancel")

    def found(**query: str) -> list[str]:
        items = json_of(bot.get("/handovers", **query))["items"]
        return [item["id"] for item in items]

    assert found(userId="ada") == [second, first]
    assert found(sessionId="session-3") == [third]
    assert found(status="cancelled") == [second]
    assert found(userId="ada", status="requested", sessionId="") == [first]
    assert found(userId="nobody") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "asleep"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("cursor", "nonsense"),
        ("cursor", "W10="),
        ("cursor", "WzEsIDJd"),
        ("cursor", "ä"),
    ],
)
def test_a_wrong_query_parameter_is_named(bot: Bot, name: str, value: str) -> None:
    problem = problem_of(bot.get("/handovers", **{name: value}), 422, "invalid")
    assert fields_of(problem) == [name]
