"""Test connection says in plain words what works and what to do."""

from typing import Any

import pytest
import responses
from pytest_django import Settings

from endpoints.models import EightByEightConfig
from endpoints.services import CheckResult, check_connection, mark_config_failing
from tests.endpoints.eight_by_eight import BASE_URL, GATEWAY, NOW, TENANT

CHANNEL = {
    "id": "25",
    "name": "Web",
    "webHookId": "12",
    "routingOptions": {"type": "queue", "id": "100"},
}
ORDER = [
    "Base URL",
    "API Key",
    "8x8-Tenant",
    "8x8 Channel Id",
    "Webhook",
    "8x8 Queue Id",
]
WORKS, FAILS, UNKNOWN = CheckResult.WORKS, CheckResult.FAILS, CheckResult.UNKNOWN
STATISTICS = f"{BASE_URL}/cc/v1/stats/rt"


@pytest.fixture
def healthy(
    wire: responses.RequestsMock, config: EightByEightConfig
) -> responses.RequestsMock:
    """8x8 where everything is right."""
    wire.assert_all_requests_are_fired = False
    wire.get(f"{GATEWAY}/channels/25", json=CHANNEL)
    wire.get(
        f"{GATEWAY}/webhooks/12",
        json={
            "id": "12",
            "uri": "https://handover.example/handover/eightByEight/"
            + config.endpoint.url_token,
        },
    )
    wire.get(f"{STATISTICS}/queue/101", json={"queue": {"queue-id": "101"}})
    return wire


def results(config: EightByEightConfig) -> dict[str, CheckResult]:
    checks = check_connection(config)
    assert [check.label for check in checks] == ORDER
    assert all(check.text for check in checks)
    return {check.label: check.result for check in checks}


def text_of(config: EightByEightConfig, label: str) -> str:
    return next(
        check.text for check in check_connection(config) if check.label == label
    )


def test_when_everything_is_right_all_lines_say_so(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    assert results(config) == dict.fromkeys(ORDER, WORKS)
    assert {call.request.headers["x-api-key"] for call in healthy.calls} == {
        config.api_key
    }


def test_success_clears_a_failing_config(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    mark_config_failing(config, setting="API Key", reason="x", now=NOW)
    check_connection(config)
    assert config.failing_since is None
    assert EightByEightConfig.objects.get().failing_since is None


def test_a_failure_leaves_the_config_failing(
    wire: responses.RequestsMock, config: EightByEightConfig
) -> None:
    mark_config_failing(config, setting="API Key", reason="x", now=NOW)
    wire.get(f"{GATEWAY}/channels/25", status=401)
    check_connection(config)
    assert EightByEightConfig.objects.get().failing_since == NOW


def test_a_refused_key_is_the_keys_line(
    wire: responses.RequestsMock, config: EightByEightConfig
) -> None:
    wire.get(f"{GATEWAY}/channels/25", status=401, json={"message": "Access Denied"})
    assert list(results(config).values()) == [WORKS, FAILS] + [UNKNOWN] * 4
    assert "key" in text_of(config, "API Key")


def test_a_refused_tenant_is_the_tenants_line(
    wire: responses.RequestsMock, config: EightByEightConfig
) -> None:
    wire.get(f"{GATEWAY}/channels/25", status=403)
    assert list(results(config).values()) == [WORKS, WORKS, FAILS] + [UNKNOWN] * 3
    assert "not the key's" in text_of(config, "8x8-Tenant")


def test_a_missing_tenant_is_asked_for(
    wire: responses.RequestsMock, config: EightByEightConfig
) -> None:
    config.tenant = ""
    wire.get(f"{GATEWAY}/channels/25", status=403)
    assert "Fill in 8x8-Tenant" in text_of(config, "8x8-Tenant")


def test_a_tenant_that_is_not_needed_is_fine(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    config.tenant = ""
    assert results(config)["8x8-Tenant"] == WORKS
    assert TENANT not in str(healthy.calls[0].request.headers)


def test_an_unknown_channel_is_the_channels_line(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    healthy.replace(responses.GET, f"{GATEWAY}/channels/25", status=404)
    healthy.get(f"{GATEWAY}/channels", json={})
    found = results(config)
    assert (found["API Key"], found["8x8 Channel Id"]) == (WORKS, FAILS)
    assert found["8x8 Queue Id"] == WORKS
    assert "Copy the id" in text_of(config, "8x8 Channel Id")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": "<html>not found</html>"},
        {"status": 200, "body": "<html>welcome</html>"},
        {"status": 302, "headers": {"Location": "https://elsewhere.example"}},
        {"status": 405},
    ],
)
def test_a_server_that_is_not_8x8_is_the_base_urls_line(
    wire: responses.RequestsMock, config: EightByEightConfig, answer: dict[str, Any]
) -> None:
    wire.assert_all_requests_are_fired = False
    wire.get(f"{GATEWAY}/channels/25", **answer)
    wire.get(f"{GATEWAY}/channels", **answer)
    assert list(results(config).values()) == [FAILS] + [UNKNOWN] * 5
    assert "not as 8x8 does" in text_of(config, "Base URL")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_8x8_is_said_to_be_8x8s(
    wire: responses.RequestsMock, config: EightByEightConfig, status: int
) -> None:
    wire.get(f"{GATEWAY}/channels/25", status=status)
    assert list(results(config).values()) == [FAILS] + [UNKNOWN] * 5
    assert "trouble" in text_of(config, "Base URL")


@pytest.mark.parametrize(
    ("base_url", "advice"),
    [
        ("http://127.0.0.1:1", "firewall"),
        ("http://no-such-host.invalid", "spelling"),
    ],
)
def test_a_host_that_cannot_be_reached_is_the_base_urls_line(
    config: EightByEightConfig, base_url: str, advice: str
) -> None:
    config.base_url = base_url
    assert list(results(config).values()) == [FAILS] + [UNKNOWN] * 5
    assert advice in text_of(config, "Base URL")


def test_a_private_host_is_not_called_in_production(
    config: EightByEightConfig, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    config.base_url = "http://127.0.0.1:1"
    assert "private" in text_of(config, "Base URL")


def test_a_webhook_that_leads_elsewhere_is_a_hint(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    healthy.replace(
        responses.GET, f"{GATEWAY}/webhooks/12", json={"uri": "https://other.example"}
    )
    found = results(config)
    assert found["Webhook"] == CheckResult.LOOK
    assert "leads elsewhere" in text_of(config, "Webhook")
    assert "other.example" not in text_of(config, "Webhook")


def test_a_channel_without_a_webhook_fails(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    document = {**CHANNEL, "webHookId": ""}
    healthy.replace(responses.GET, f"{GATEWAY}/channels/25", json=document)
    assert results(config)["Webhook"] == FAILS


@pytest.mark.parametrize("path", ["/handover/eightByEight", "/{token}"])
def test_every_address_of_ours_is_a_right_webhook(
    healthy: responses.RequestsMock, config: EightByEightConfig, path: str
) -> None:
    uri = "https://handover.example" + path.format(token=config.endpoint.url_token)
    healthy.replace(responses.GET, f"{GATEWAY}/webhooks/12", json={"uri": uri})
    assert results(config)["Webhook"] == WORKS


def test_an_unknown_queue_is_the_queues_line(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    healthy.replace(responses.GET, f"{STATISTICS}/queue/101", status=404)
    healthy.get(f"{STATISTICS}/queues", json={"queue": [{"queue-id": "7"}]})
    assert results(config)["8x8 Queue Id"] == FAILS
    assert "no queue 101" in text_of(config, "8x8 Queue Id")


def test_a_queue_of_the_list_exists(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    healthy.replace(responses.GET, f"{STATISTICS}/queue/101", status=500)
    healthy.get(f"{STATISTICS}/queues", json={"queue": [{"queue-id": "101"}]})
    assert results(config)["8x8 Queue Id"] == WORKS


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_queue_that_8x8_does_not_show_could_not_be_checked(
    healthy: responses.RequestsMock, config: EightByEightConfig, status: int
) -> None:
    healthy.replace(responses.GET, f"{STATISTICS}/queue/101", status=status)
    healthy.get(f"{STATISTICS}/queues", status=status)
    assert results(config)["8x8 Queue Id"] == UNKNOWN
    assert "could not be checked" in text_of(config, "8x8 Queue Id")


def test_no_queue_means_the_channels_own(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    config.queue_id = ""
    assert results(config)["8x8 Queue Id"] == WORKS


def test_the_channels_own_queue_needs_no_further_call(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    config.queue_id = "100"
    assert results(config)["8x8 Queue Id"] == WORKS
    assert len(healthy.calls) == 2


def test_no_line_shows_the_key(
    healthy: responses.RequestsMock, config: EightByEightConfig
) -> None:
    shown = " ".join(check.text for check in check_connection(config))
    assert config.api_key not in shown
