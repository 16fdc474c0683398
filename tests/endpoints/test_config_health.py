"""What the delivery engine writes down about a config."""

from datetime import datetime, timedelta

from pytest_django import DjangoAssertNumQueries

from endpoints.models import EightByEightConfig
from endpoints.services import (
    clear_config_failing,
    hold_config,
    mark_config_failing,
    record_callback,
    save_eight_by_eight_config,
    take_probe,
)
from tests.endpoints.eight_by_eight import NOW

SECOND = timedelta(seconds=1)


def stored() -> EightByEightConfig:
    return EightByEightConfig.objects.get()


def fail(config: EightByEightConfig, now: datetime = NOW) -> None:
    mark_config_failing(config, setting="API Key", reason="access_denied", now=now)


def test_a_failing_config_says_what_to_mend(config: EightByEightConfig) -> None:
    fail(config)
    for row in (config, stored()):
        assert row.failing_since == NOW
        assert (row.failing_setting, row.failing_reason) == ("API Key", "access_denied")
        assert row.next_probe_at == NOW + 5 * SECOND


def test_probes_get_rarer_up_to_five_minutes(config: EightByEightConfig) -> None:
    now, delays = NOW, []
    for _ in range(9):
        fail(config, now)
        assert config.next_probe_at is not None
        delays.append((config.next_probe_at - now).total_seconds())
        now = config.next_probe_at
    assert delays == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert config.failing_since == NOW


def test_workers_that_fail_together_count_once(config: EightByEightConfig) -> None:
    others = [stored() for _ in range(5)]
    for row in others:
        fail(row)
    assert stored().failed_probes == 1
    assert {row.next_probe_at for row in others} == {NOW + 5 * SECOND}


def test_only_one_worker_may_probe(config: EightByEightConfig) -> None:
    fail(config)
    other = stored()
    assert take_probe(config, now=NOW + 4 * SECOND) is False
    assert take_probe(config, now=NOW + 5 * SECOND) is True
    assert take_probe(other, now=NOW + 5 * SECOND) is False


def test_probes_that_fail_get_rarer(config: EightByEightConfig) -> None:
    fail(config)
    delays = []
    for _ in range(7):
        assert config.next_probe_at is not None
        now = config.next_probe_at
        assert take_probe(config, now=now) is True
        fail(config, now + SECOND)
        delays.append((config.next_probe_at - now).total_seconds())
    assert delays == [10, 20, 40, 80, 160, 300, 300]


def test_a_config_that_works_is_not_probed(config: EightByEightConfig) -> None:
    assert take_probe(config, now=NOW) is False


def test_success_forgets_all_trouble(config: EightByEightConfig) -> None:
    fail(config)
    hold_config(config, until=NOW)
    clear_config_failing(config)
    for row in (config, stored()):
        assert row.failing_since is None
        assert row.next_probe_at is None
        assert row.held_until is None
        assert (row.failing_setting, row.failing_reason) == ("", "")
        assert row.failed_probes == 0


def test_a_hold_is_never_shortened(config: EightByEightConfig) -> None:
    hold_config(config, until=NOW + 60 * SECOND)
    hold_config(config, until=NOW + 10 * SECOND)
    assert config.held_until == stored().held_until == NOW + 60 * SECOND


def test_a_new_key_is_tried_at_once(config: EightByEightConfig) -> None:
    for field, value in {
        "api_key": "another-key",
        "base_url": "https://other.example",
        "tenant": "other",
    }.items():
        fail(config)
        setattr(config, field, value)
        save_eight_by_eight_config(config)
        assert stored().failing_since is None


def test_saving_settings_leaves_what_workers_wrote_meanwhile(
    config: EightByEightConfig,
) -> None:
    record_callback(stored(), tenant_id="acme01", now=NOW)
    hold_config(stored(), until=NOW)
    config.queue_id = "102"
    save_eight_by_eight_config(config)
    assert stored().queue_id == "102"
    assert (stored().reached_us_at, stored().held_until) == (NOW, NOW)


def test_another_queue_does_not_mend_a_key(config: EightByEightConfig) -> None:
    fail(config)
    config.queue_id = "102"
    save_eight_by_eight_config(config)
    assert stored().failing_since == NOW


def test_equal_keys_have_equal_fingerprints(config: EightByEightConfig) -> None:
    first = config.api_key_fingerprint
    config.api_key = "another-key"
    config.save(update_fields=["api_key"])
    assert stored().api_key_fingerprint not in ("", first)
    config.api_key = "key-0123456789-4f2a"
    config.save()
    assert stored().api_key_fingerprint == first


def test_the_first_callback_shows_that_8x8_reaches_us(
    config: EightByEightConfig,
) -> None:
    record_callback(config, tenant_id="acme01", now=NOW)
    assert config.reached_us_at == stored().reached_us_at == NOW
    assert stored().observed_tenant == ""


def test_callbacks_are_recorded_once_a_minute(
    config: EightByEightConfig, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    record_callback(config, tenant_id="acme01", now=NOW)
    with django_assert_num_queries(0):
        record_callback(config, tenant_id="acme01", now=NOW + 59 * SECOND)
    record_callback(config, tenant_id="acme01", now=NOW + 60 * SECOND)
    assert stored().reached_us_at == NOW + 60 * SECOND


def test_the_first_tenant_seen_stays(config: EightByEightConfig) -> None:
    config.tenant = ""
    save_eight_by_eight_config(config)
    record_callback(config, tenant_id="first", now=NOW)
    record_callback(config, tenant_id="second", now=NOW)
    assert config.known_tenant == stored().known_tenant == "first"


def test_a_new_connection_forgets_the_tenant_seen_on_the_old_one(
    config: EightByEightConfig,
) -> None:
    config.tenant = ""
    save_eight_by_eight_config(config)
    record_callback(config, tenant_id="first", now=NOW)
    config.api_key = "another-key"
    save_eight_by_eight_config(config)
    assert stored().known_tenant == ""
