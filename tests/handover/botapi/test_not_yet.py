"""Addresses of later versions."""

import pytest
from django.test import Client

from tests.handover.botapi.bot import Bot, problem_of

HANDOVER = "/handovers/0b0f2f0e-5d7b-4c55-9f0c-3f5a6c8a4f10"
LATER = [
    ("POST", f"{HANDOVER}/attachments"),
    ("POST", f"{HANDOVER}/typing"),
    ("POST", f"{HANDOVER}/inactivity"),
    ("PUT", f"{HANDOVER}/tiles/transcript"),
    ("PUT", f"{HANDOVER}/grid"),
    ("GET", "/availability"),
    ("GET", "/agentassistconfigs"),
    ("POST", "/agentassistconfigs"),
    ("GET", "/agentassistconfigs/1"),
    ("PUT", "/agentassistconfigs/1"),
    ("PATCH", "/agentassistconfigs/1"),
    ("DELETE", "/agentassistconfigs/1"),
]


@pytest.mark.parametrize(("method", "path"), LATER)
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_comes_later_is_not_implemented(
    bot: Bot, method: str, path: str, slash: str
) -> None:
    answer = bot.call(method, f"{path}{slash}", headers={"Idempotency-Key": "one"})
    problem_of(answer, 501, "not-implemented")


@pytest.mark.parametrize(("method", "path"), LATER)
def test_what_comes_later_is_nobody_elses_business_either(
    db: None, client: Client, method: str, path: str
) -> None:
    answer = client.generic(method, f"/api/v1{path}")
    problem_of(answer, 401, "not-authenticated")


def test_a_file_may_be_of_any_type(bot: Bot) -> None:
    answer = bot.client.post(
        f"/api/v1{HANDOVER}/attachments",
        {"file": "content"},
        headers={"Authorization": f"Bearer {bot.api_key}"},
    )
    problem_of(answer, 501, "not-implemented")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path.removeprefix("/agentassistconfigs"))
        for method, path in LATER
        if path.startswith("/agentassistconfigs")
    ],
)
def test_existing_clients_of_the_configs_use_their_own_header(
    bot: Bot, client: Client, method: str, path: str
) -> None:
    address = f"/v2.0/agentassistconfigs{path}"
    problem_of(client.generic(method, address), 401, "not-authenticated")
    answer = client.generic(method, address, headers={"X-API-Key": bot.api_key})
    problem_of(answer, 501, "not-implemented")
