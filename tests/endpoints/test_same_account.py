"""Which configs speak of the same conversations."""

import pytest

from endpoints.models import EightByEightConfig, Endpoint
from endpoints.selectors import configs_of_same_account, server_of

pytestmark = pytest.mark.django_db


def make_config(name: str, *, base_url: str, tenant: str) -> EightByEightConfig:
    return EightByEightConfig.objects.create(
        endpoint=Endpoint.objects.create(name=name),
        base_url=base_url,
        api_key="key",
        tenant=tenant,
        channel_id="channel",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://localhost:8088", "http://127.0.0.1:8088"),
        ("http://[::1]:8088", "http://localhost:8088"),
        ("https://API.8x8.com", "https://api.8x8.com:443"),
    ],
)
def test_one_server_may_be_written_in_several_ways(one: str, other: str) -> None:
    assert server_of(one) == server_of(other)


def test_the_same_tenant_of_the_same_server_is_one_account() -> None:
    first = make_config("a", base_url="http://localhost:8088", tenant="t")
    second = make_config("b", base_url="http://127.0.0.1:8088", tenant="t")
    make_config("c", base_url="http://localhost:8089", tenant="t")
    make_config("d", base_url="http://localhost:8088", tenant="other")
    assert configs_of_same_account(first) == [first.pk, second.pk]


def test_without_a_tenant_a_config_stands_alone() -> None:
    first = make_config("a", base_url="http://localhost:8088", tenant="")
    make_config("b", base_url="http://localhost:8088", tenant="")
    assert configs_of_same_account(first) == [first.pk]
