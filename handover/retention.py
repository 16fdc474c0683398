"""Deleting what is no longer needed."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from handover.models import CallbackRejection, IdempotencyRecord


def delete_expired() -> None:
    """Remove answers kept for `Idempotency-Key` and old counts of refused callbacks."""
    now = timezone.now()
    IdempotencyRecord.objects.filter(
        created_at__lt=now - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    ).delete()
    CallbackRejection.objects.filter(
        minute__lt=now - timedelta(days=settings.REJECTION_COUNT_DAYS)
    ).delete()
