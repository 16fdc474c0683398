"""The admin pages, reached as a person reaches them."""

import re

import pytest
import responses
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from endpoints.models import ApiKey, EightByEightConfig, Endpoint
from endpoints.services import (
    find_endpoint_by_api_key,
    issue_api_key,
    live_callback_secrets,
    mark_config_failing,
    record_callback,
)
from tests.endpoints.eight_by_eight import API_KEY, GATEWAY, NOW
from tests.endpoints.page_form import PageForm

LIST = "/admin/endpoints/endpoint/"
KEYS = "/admin/endpoints/apikey/"


def page_of(endpoint: Endpoint, action: str = "change") -> str:
    return f"{LIST}{endpoint.pk}/{action}/"


def form_of(client: Client, url: str) -> dict[str, str]:
    return PageForm(client.get(url).content.decode()).fields


def config_field(name: str) -> str:
    return f"eight_by_eight-0-{name}"


@pytest.fixture
def form(admin_client: Client, endpoint: Endpoint) -> dict[str, str]:
    return form_of(admin_client, page_of(endpoint))


def save(client: Client, endpoint: Endpoint, form: dict[str, str]) -> str:
    response = client.post(page_of(endpoint), form)
    return "" if response.status_code == 302 else response.content.decode()


def test_the_page_has_the_labels_that_admins_know(
    admin_client: Client, endpoint: Endpoint
) -> None:
    page = admin_client.get(page_of(endpoint)).content.decode()
    for label in (
        "Base URL",
        "API Key",
        "8x8-Tenant",
        "8x8 Channel Id",
        "8x8 Queue Id",
        "8x8 JSON properties",
        "Endpoint URL",
        "Handover Settings",
        "Handover Accepted Message",
        "Repeat Handover Accepted Message",
        "Cancel Intent",
        "Cancel Button Text",
        "Send Queue Event",
        "Send Active Event",
        "Send resolve event",
    ):
        assert label in page


def test_secrets_are_shown_by_their_end_only(
    admin_client: Client, endpoint: Endpoint
) -> None:
    key = issue_api_key(endpoint)
    page = admin_client.get(page_of(endpoint)).content.decode()
    assert "set, ends in ..4f2a" in page
    assert f"set, ends in ..{endpoint.callback_secret[-4:]}" in page.replace(
        "&#x3D;", "="
    )
    for secret in (API_KEY, endpoint.callback_secret, key):
        assert secret not in page


def test_every_address_has_a_copy_button(
    admin_client: Client, endpoint: Endpoint
) -> None:
    page = admin_client.get(page_of(endpoint)).content.decode()
    base = "https://handover.example"
    assert re.findall('data-copy="([^"]+)"', page) == [
        f"{base}/handover/eightByEight/{endpoint.url_token}",
        f"{base}/{endpoint.url_token}",
        f"{base}/handover/eightByEight",
        f"{base}/chat/{endpoint.url_token}/",
    ]
    assert "endpoints/copy.js" in page


def test_saving_without_a_key_keeps_the_stored_one(
    admin_client: Client, endpoint: Endpoint, form: dict[str, str]
) -> None:
    form["cancel_intent"] = "stop"
    assert form[config_field("api_key")] == ""
    assert save(admin_client, endpoint, form) == ""
    assert Endpoint.objects.get().cancel_intent == "stop"
    assert EightByEightConfig.objects.get().api_key == API_KEY


def test_saving_does_not_bring_back_a_rotated_secret(
    admin_client: Client,
    endpoint: Endpoint,
    form: dict[str, str],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    form["name"] = "Renamed"
    with django_assert_max_num_queries(40) as queries:
        assert save(admin_client, endpoint, form) == ""
    written = [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].startswith('UPDATE "endpoints_endpoint"')
    ]
    assert len(written) == 1
    assert "secret" not in written[0]
    assert "url_token" not in written[0]


def test_another_setting_of_8x8_can_be_saved_without_the_key(
    admin_client: Client, endpoint: Endpoint, form: dict[str, str]
) -> None:
    form[config_field("queue_id")] = "102"
    form[config_field("api_key")] = ""
    assert save(admin_client, endpoint, form) == ""
    config = EightByEightConfig.objects.get()
    assert (config.queue_id, config.api_key) == ("102", API_KEY)


def test_a_new_key_replaces_the_stored_one_and_ends_the_trouble(
    admin_client: Client, endpoint: Endpoint, form: dict[str, str]
) -> None:
    mark_config_failing(endpoint.eight_by_eight, setting="API Key", reason="x", now=NOW)
    form[config_field("api_key")] = " a-new-key "
    assert save(admin_client, endpoint, form) == ""
    config = EightByEightConfig.objects.get()
    assert config.api_key == "a-new-key"
    assert config.failing_since is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "https://8x8.example?x=y"),
        ("base_url", "8x8.example"),
        ("base_url", "http://169.254.169.254"),
        ("json_properties", "[1]"),
        ("json_properties", "{"),
        ("json_properties", '{"a": 1}'),
        ("api_key", "ü"),
        ("channel_id", ""),
    ],
)
def test_a_wrong_setting_is_refused_beside_its_field(
    admin_client: Client,
    endpoint: Endpoint,
    form: dict[str, str],
    field: str,
    value: str,
) -> None:
    form[config_field(field)] = value
    before = list(EightByEightConfig.objects.values())
    response = admin_client.post(page_of(endpoint), form)
    [inline, *_] = response.context["inline_admin_formsets"]
    assert list(inline.formset.errors[0]) == [field]
    assert list(EightByEightConfig.objects.values()) == before


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "http://127.0.0.1:8088", "http://localhost:1"]
)
def test_private_targets_are_refused_in_production(
    admin_client: Client,
    endpoint: Endpoint,
    form: dict[str, str],
    settings: Settings,
    url: str,
) -> None:
    settings.ALLOW_PRIVATE_NETWORK_TARGETS = False
    form |= {
        "callback_url": url,
        "bot_url": url,
        "bot_kind": "webhook",
        config_field("base_url"): url,
    }
    response = admin_client.post(page_of(endpoint), form)
    assert set(response.context["adminform"].form.errors) == {"callback_url", "bot_url"}
    [inline, *_] = response.context["inline_admin_formsets"]
    assert set(inline.formset.errors[0]) == {"base_url"}


def test_json_properties_are_saved(
    admin_client: Client, endpoint: Endpoint, form: dict[str, str]
) -> None:
    form[config_field("json_properties")] = '{"plan": "gold"}'
    assert save(admin_client, endpoint, form) == ""
    assert EightByEightConfig.objects.get().json_properties == {"plan": "gold"}


def test_an_endpoint_is_added_with_its_8x8_settings(
    admin_client: Client, endpoint: Endpoint
) -> None:
    form = form_of(admin_client, f"{LIST}add/") | {
        "name": "Second",
        config_field("base_url"): "https://8x8.example/",
        config_field("api_key"): "key-2",
        config_field("channel_id"): "26",
    }
    assert admin_client.post(f"{LIST}add/", form).status_code == 302
    config = Endpoint.objects.get(name="Second").eight_by_eight
    assert (config.base_url, config.api_key) == ("https://8x8.example", "key-2")
    assert config.json_properties == {}


def test_an_endpoint_can_be_added_without_8x8(admin_client: Client, db: None) -> None:
    form = form_of(admin_client, f"{LIST}add/") | {"name": "Alone"}
    assert admin_client.post(f"{LIST}add/", form).status_code == 302
    endpoint = Endpoint.objects.get()
    assert not hasattr(endpoint, "eight_by_eight")
    page = admin_client.get(page_of(endpoint, "test-connection"), follow=True)
    assert "Fill in the 8x8 settings first" in page.content.decode()


def test_new_8x8_settings_need_a_key(admin_client: Client, db: None) -> None:
    form = form_of(admin_client, f"{LIST}add/") | {
        "name": "Alone",
        config_field("channel_id"): "26",
    }
    response = admin_client.post(f"{LIST}add/", form)
    [inline, *_] = response.context["inline_admin_formsets"]
    assert set(inline.formset.errors[0]) == {"api_key"}
    assert Endpoint.objects.count() == 0


def test_the_list_shows_how_8x8_is_doing(
    admin_client: Client, endpoint: Endpoint
) -> None:
    page = admin_client.get(LIST).content.decode()
    assert "no trouble known" in page
    assert "never" in page
    config = endpoint.eight_by_eight
    mark_config_failing(config, setting="API Key", reason="x", now=NOW)
    record_callback(config, tenant_id="acme01", now=NOW)
    page = admin_client.get(LIST).content.decode()
    assert "failing since 2026-03-01 12:00 UTC: check API Key" in page
    assert "2026-03-01 12:00:00 UTC" in page


def test_the_list_costs_the_same_for_many_endpoints(
    admin_client: Client,
    endpoint: Endpoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        Endpoint.objects.create(name=f"e{number}")
    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


def buttons(client: Client, endpoint: Endpoint) -> set[str]:
    page = client.get(page_of(endpoint)).content.decode()
    return set(re.findall(rf'href="{LIST}{endpoint.pk}/([a-z-]+)/"', page))


ACTIONS = {
    "test-connection",
    "create-bot-api-key",
    "rotate-callback-secret",
    "rotate-url-token",
}


def test_the_page_offers_all_actions(admin_client: Client, endpoint: Endpoint) -> None:
    assert buttons(admin_client, endpoint) >= ACTIONS


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_opening_an_action_changes_nothing(
    admin_client: Client, endpoint: Endpoint, action: str
) -> None:
    before = list(Endpoint.objects.values()), ApiKey.objects.count()
    response = admin_client.get(page_of(endpoint, action))
    assert response.status_code == 200
    assert (list(Endpoint.objects.values()), ApiKey.objects.count()) == before


def test_the_connection_is_tested_from_the_page(
    admin_client: Client, endpoint: Endpoint, wire: responses.RequestsMock
) -> None:
    assert "test-connection" in buttons(admin_client, endpoint)
    wire.get(f"{GATEWAY}/channels/25", status=401)
    response = admin_client.post(page_of(endpoint, "test-connection"))
    page = response.content.decode()
    assert "8x8 refuses the key" in page
    assert page.count('class="check-fails"') == 1
    assert API_KEY not in page


def test_a_bot_key_is_made_and_shown_once(
    admin_client: Client, endpoint: Endpoint
) -> None:
    url = page_of(endpoint, "create-bot-api-key")
    response = admin_client.post(url, {"name": "my bot"})
    [key] = re.findall(r"<code>(hk_[^<]+)</code>", response.content.decode())
    assert "no-store" in response.headers["Cache-Control"]
    assert find_endpoint_by_api_key(key) == endpoint
    assert ApiKey.objects.filter(name="my bot").count() == 1
    assert key not in admin_client.get(page_of(endpoint)).content.decode()
    assert LogEntry.objects.filter(change_message="Created a bot API key.").exists()
    assert key not in str(list(LogEntry.objects.values()))
    assert key not in str(admin_client.cookies)


def test_a_bot_key_needs_no_name(admin_client: Client, endpoint: Endpoint) -> None:
    before = ApiKey.objects.count()
    response = admin_client.post(page_of(endpoint, "create-bot-api-key"), {"name": ""})
    assert "<code>hk_" in response.content.decode()
    assert ApiKey.objects.count() == before + 1


def test_the_callback_secret_is_rotated_and_shown_once(
    admin_client: Client, endpoint: Endpoint
) -> None:
    old = endpoint.callback_secret
    response = admin_client.post(page_of(endpoint, "rotate-callback-secret"))
    new = Endpoint.objects.get().callback_secret
    page = response.content.decode().replace("&#x3D;", "=")
    assert new in page
    assert live_callback_secrets(Endpoint.objects.get()) == [new, old]
    assert new not in admin_client.get(page_of(endpoint)).content.decode()


def test_the_token_is_rotated(admin_client: Client, endpoint: Endpoint) -> None:
    old = endpoint.url_token
    response = admin_client.post(page_of(endpoint, "rotate-url-token"), follow=True)
    new = Endpoint.objects.get().url_token
    assert new != old
    assert "Give 8x8 the new webhook URL" in response.content.decode()


def test_keys_are_revoked_from_their_list_after_a_question(
    admin_client: Client, endpoint: Endpoint
) -> None:
    key, other = issue_api_key(endpoint), issue_api_key(endpoint)
    row = ApiKey.objects.get(prefix=key[:8])
    assert key[:8] in admin_client.get(KEYS).content.decode()
    choice = {"action": "revoke_keys", "_selected_action": [row.pk]}
    question = admin_client.post(KEYS, choice).content.decode()
    assert "Revoke" in question
    assert find_endpoint_by_api_key(key) == endpoint
    hidden = PageForm(question).fields
    assert hidden["_selected_action"] == str(row.pk)
    response = admin_client.post(KEYS, hidden, follow=True)
    assert "Revoked 1 keys." in response.content.decode()
    assert find_endpoint_by_api_key(key) is None
    assert find_endpoint_by_api_key(other) == endpoint


def test_keys_cannot_be_added_changed_or_deleted_by_hand(
    admin_client: Client, endpoint: Endpoint
) -> None:
    key = issue_api_key(endpoint)
    row = ApiKey.objects.get(prefix=key[:8])
    assert admin_client.get(f"{KEYS}add/").status_code == 403
    assert admin_client.post(f"{KEYS}{row.pk}/delete/").status_code == 403
    admin_client.post(f"{KEYS}{row.pk}/change/", {"name": "x", "endpoint": ""})
    row.refresh_from_db()
    assert row.name == ""


def test_an_endpoint_is_deleted_with_its_keys(
    admin_client: Client, endpoint: Endpoint
) -> None:
    issue_api_key(endpoint)
    response = admin_client.post(page_of(endpoint, "delete"), {"post": "yes"})
    assert response.status_code == 302
    assert (Endpoint.objects.count(), ApiKey.objects.count()) == (0, 0)


@pytest.fixture
def viewer(db: None) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def test_a_viewer_sees_and_changes_nothing(viewer: Client, endpoint: Endpoint) -> None:
    page = viewer.get(page_of(endpoint))
    assert page.status_code == 200
    assert API_KEY not in page.content.decode()
    assert "set, ends in ..4f2a" in page.content.decode()
    assert buttons(viewer, endpoint).isdisjoint(ACTIONS)
    before = list(Endpoint.objects.values()), list(ApiKey.objects.values())
    for action in ACTIONS:
        assert viewer.get(page_of(endpoint, action)).status_code == 403
        assert viewer.post(page_of(endpoint, action)).status_code == 403
    viewer.post(KEYS, {"action": "revoke_keys", "_selected_action": [1]})
    after = list(Endpoint.objects.values()), list(ApiKey.objects.values())
    assert after == before


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_strangers_are_sent_to_the_login(
    client: Client, endpoint: Endpoint, action: str
) -> None:
    response = client.post(page_of(endpoint, action))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_actions_need_the_csrf_token(
    endpoint: Endpoint, admin_user: User, action: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    before = list(Endpoint.objects.values()), ApiKey.objects.count()
    assert client.post(page_of(endpoint, action)).status_code == 403
    assert (list(Endpoint.objects.values()), ApiKey.objects.count()) == before


def test_an_action_of_no_endpoint_is_not_found(admin_client: Client, db: None) -> None:
    assert admin_client.post(f"{LIST}77/rotate-url-token/").status_code == 404


def test_forms_of_the_admin_can_be_sent_by_a_browser(admin_client: Client) -> None:
    """Under the policy `no-referrer` browsers send `Origin: null` with every form,
    and Django refuses that."""
    assert admin_client.get(LIST).headers["Referrer-Policy"] != "no-referrer"
