"""What is compiled once gives what Django gives, on both databases."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from django.db.models import F

from endpoints.models import ApiKey, EightByEightConfig, Endpoint
from endpoints.prepared import (
    PreparedInsert,
    PreparedSelect,
    PreparedUpdate,
    execute,
    execute_returning,
)
from handover.models import ChatSession, IdempotencyRecord

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


@pytest.fixture
def config() -> EightByEightConfig:
    endpoint = Endpoint.objects.create(name="Shop")
    return EightByEightConfig.objects.create(
        endpoint=endpoint,
        api_key="a secret",
        channel_id="channel-1",
        json_properties={"colour": "blue"},
        reached_us_at=MOMENT,
    )


def test_rows_come_with_their_related_rows_in_one_query(
    config: EightByEightConfig, django_assert_num_queries: object
) -> None:
    of_endpoint = PreparedSelect(
        lambda pk: EightByEightConfig.objects.select_related("endpoint").filter(
            endpoint_id=pk
        ),
        1001,
    )
    of_endpoint(0)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        found = of_endpoint(config.endpoint_id)[0]
        seen = (found.endpoint.name, found.api_key, found.json_properties)
    assert seen == ("Shop", "a secret", {"colour": "blue"})
    assert (found.reached_us_at, found.pk) == (MOMENT, config.pk)


def test_the_same_question_is_asked_with_other_values(
    config: EightByEightConfig,
) -> None:
    by_name = PreparedSelect(
        lambda name: Endpoint.objects.filter(name=name), "an example"
    )
    Endpoint.objects.create(name="Bank")
    names = [endpoint.name for name in ("Shop", "Bank") for endpoint in by_name(name)]
    assert names == ["Shop", "Bank"]
    assert by_name.first("nobody") is None


def test_moments_and_limits_are_part_of_the_question(
    config: EightByEightConfig,
) -> None:
    since = PreparedSelect(
        lambda moment: EightByEightConfig.objects.filter(
            reached_us_at__gte=moment
        ).order_by("pk")[:1],
        datetime(2001, 1, 1, tzinfo=UTC),
    )
    assert since(MOMENT) == [config]
    assert since(datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_what_was_left_out_is_read_when_it_is_asked_for(
    config: EightByEightConfig,
) -> None:
    short = PreparedSelect(
        lambda pk: EightByEightConfig.objects.filter(pk=pk).only("tenant"), 1001
    )
    found = short(config.pk)[0]
    assert found.get_deferred_fields()
    assert found.channel_id == "channel-1"


def test_a_blank_that_is_nowhere_in_the_query_is_a_mistake() -> None:
    forgetful = PreparedSelect(lambda _: Endpoint.objects.all(), "an example")
    with pytest.raises(ValueError, match="each blank"):
        forgetful("Shop")


def test_an_update_says_how_many_rows_it_changed(config: EightByEightConfig) -> None:
    rename = PreparedUpdate(
        lambda pk, tenant, probes: (
            EightByEightConfig.objects.filter(pk=pk, failed_probes=probes),
            {"tenant": tenant, "failed_probes": F("failed_probes") + 1},
        ),
        *(1001, "a tenant", 1002),
    )
    assert rename(config.pk, "acme", 0) == 1
    assert rename(config.pk, "other", 0) == 0
    config.refresh_from_db()
    assert (config.tenant, config.failed_probes) == ("acme", 1)


def test_an_update_writes_nothing_where_none_is_given(
    config: EightByEightConfig,
) -> None:
    reach = PreparedUpdate(
        lambda pk, moment: (
            EightByEightConfig.objects.filter(pk=pk),
            {"reached_us_at": moment},
        ),
        *(1001, datetime(2001, 1, 1, tzinfo=UTC)),
    )
    assert reach(config.pk, None) == 1
    config.refresh_from_db()
    assert config.reached_us_at is None


def test_an_inserted_row_is_what_save_would_write(config: EightByEightConfig) -> None:
    write = PreparedInsert(ApiKey)
    key = ApiKey(endpoint=config.endpoint, prefix="abc", digest="d" * 64)
    assert write(key)
    found = ApiKey.objects.get(pk=key.pk)
    assert (found.prefix, found.endpoint_id) == ("abc", config.endpoint_id)
    assert found.created_at is not None
    key.name = "renamed"
    key.save()
    assert ApiKey.objects.get().name == "renamed"


def test_a_second_row_with_the_same_values_is_left_unwritten(
    config: EightByEightConfig,
) -> None:
    record = {"endpoint": config.endpoint, "key": uuid.uuid4().hex}
    write = PreparedInsert(IdempotencyRecord, unless_same=("endpoint", "key"))
    assert write(IdempotencyRecord(**record, fingerprint="one"))
    assert not write(IdempotencyRecord(**record, fingerprint="two"))
    assert IdempotencyRecord.objects.get().fingerprint == "one"


def test_without_that_a_second_row_is_an_error(config: EightByEightConfig) -> None:
    write = PreparedInsert(ApiKey)
    write(ApiKey(endpoint=config.endpoint, prefix="abc", digest="d" * 64))
    with pytest.raises(IntegrityError):
        write(ApiKey(endpoint=config.endpoint, prefix="abc", digest="d" * 64))


def test_counting_up_and_reading_is_one_statement(config: EightByEightConfig) -> None:
    session = ChatSession.objects.create(
        endpoint=config.endpoint, user_id="u", session_id="s"
    )
    count = (
        "UPDATE handover_chatsession SET last_seq = last_seq + 1 "
        "WHERE id = %s RETURNING last_seq"
    )
    assert [execute_returning(count, session.pk) for _ in range(2)] == [(1,), (2,)]
    assert execute_returning(count, 0) is None
    assert execute("DELETE FROM handover_chatsession WHERE id = %s", session.pk) == 1
