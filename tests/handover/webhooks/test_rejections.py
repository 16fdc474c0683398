"""Refused callbacks are counted, and a flood of them does not fill the table."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from endpoints.models import Endpoint
from handover.models import CallbackRejection
from handover.retention import delete_expired
from handover.webhooks.rejections import count_rejection
from tests.handover.callbacks import SHARED_URL, Forge, Post
from tests.handover.clock import Clock

BODY = b'{"eventType": "MESSAGE"}'


def counted() -> int:
    total = CallbackRejection.objects.aggregate(total=Sum("count"))["total"]
    return int(total or 0)


def test_rejections_of_one_kind_and_minute_share_a_row(
    post: Post, forge: Forge, endpoint: Endpoint, clock: Clock
) -> None:
    clock.move(60 - clock.now().second)  # not over the end of a minute
    for _ in range(3):
        post.post(forge.sign(BODY, wrong=True))
    post.post(forge.sign(BODY), leave_out="x-8x8-signature", url=SHARED_URL)
    rows = CallbackRejection.objects.order_by("pk")
    assert list(rows.values_list("scope", "reason", "count")) == [
        (f"endpoint:{endpoint.pk}", "wrong", 3),
        ("shared", "missing", 1),
    ]
    clock.move(60)
    post.post(forge.sign(BODY, wrong=True))
    assert rows.count() == 3


def test_a_flood_is_counted_with_few_writes(
    transactional_db: None,
    clock: Clock,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    clock.move(60 - clock.now().second)
    with django_assert_max_num_queries(60 + 20 + 5):
        for _ in range(1060):
            count_rejection(scope="unknown", reason="unknown-token")
    assert CallbackRejection.objects.count() == 1
    assert counted() == 1060


def test_old_counts_are_deleted(transactional_db: None) -> None:
    count_rejection(scope="shared", reason="missing")
    CallbackRejection.objects.create(
        scope="shared",
        reason="missing",
        minute=timezone.now() - timedelta(days=91),
        count=7,
    )
    delete_expired()
    assert counted() == 1
