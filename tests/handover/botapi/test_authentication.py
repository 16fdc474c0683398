"""Who is let in."""

import pytest
from django.test import Client

from endpoints.models import ApiKey, Endpoint
from endpoints.services import issue_api_key, revoke_api_key
from handover.models import Handover
from tests.handover.botapi.bot import BASE, Bot, problem_of

WRONG_HEADERS = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "Basic dXNlcjpwYXNz"},
    {"Authorization": "Bearer hk_wrong"},
    {"Authorization": "Bearer hk_wr\u00f6ng"},
    {"X-API-Key": "hk_wrong"},
]


@pytest.mark.parametrize("headers", WRONG_HEADERS)
def test_without_a_valid_key_nothing_is_done(
    bot: Bot, client: Client, headers: dict[str, str]
) -> None:
    answer = client.post(
        f"{BASE}/handovers",
        {"userId": "u", "sessionId": "s"},
        content_type="application/json",
        headers=headers,
    )
    problem_of(answer, 401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert Handover.objects.count() == 0


def test_the_word_bearer_is_read_in_any_case(bot: Bot, client: Client) -> None:
    answer = client.get(
        f"{BASE}/handovers", headers={"Authorization": f"bearer  {bot.api_key} "}
    )
    assert answer.status_code == 200


def test_a_revoked_key_is_refused_while_another_of_the_endpoint_works(bot: Bot) -> None:
    second = Bot(bot.endpoint, issue_api_key(bot.endpoint))
    revoke_api_key(api_key=ApiKey.objects.earliest("pk"))
    problem_of(bot.get("/handovers"), 401, "not-authenticated")
    assert second.get("/handovers").status_code == 200


def test_the_key_of_a_disabled_endpoint_is_forbidden(bot: Bot) -> None:
    Endpoint.objects.filter(pk=bot.endpoint.pk).update(enabled=False)
    problem_of(bot.get("/handovers"), 403, "endpoint-disabled")
    problem_of(bot.post("/handovers", {}), 403, "endpoint-disabled")


def test_a_revoked_key_of_a_disabled_endpoint_tells_nothing(bot: Bot) -> None:
    Endpoint.objects.filter(pk=bot.endpoint.pk).update(enabled=False)
    revoke_api_key(api_key=ApiKey.objects.get())
    problem_of(bot.get("/handovers"), 401, "not-authenticated")
