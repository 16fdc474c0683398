"""What `/metrics` says of the handovers."""

import pytest
from django.db import OperationalError
from django.test import Client

from endpoints.models import Endpoint
from handover.models import Delivery
from handover_project import metrics
from tests.handover.steps import ask_for_handover

pytestmark = pytest.mark.django_db


def test_metrics_say_what_waits_and_what_is_dead(
    client: Client, endpoint: Endpoint
) -> None:
    handover = ask_for_handover(endpoint)
    page = client.get("/metrics").content.decode()
    waiting = Delivery.objects.filter(mailbox__handover=handover).count()
    assert f'handover_deliveries{{status="pending"}} {waiting}.0' in page
    assert 'handover_deliveries{status="dead"} 0.0' in page
    assert 'handover_alarms_total{kind="message"} 0.0' in page
    assert "handover_oldest_unsent_seconds" in page
    assert "handover_oldest_unprocessed_seconds" not in page


def test_metrics_answer_while_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(metrics, "readiness", away)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "handover_deliveries" not in answer.content.decode()
