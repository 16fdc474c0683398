"""Encrypts all stored secrets anew with the first of FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from endpoints.fields import encrypted_columns


class Command(BaseCommand):
    help = (
        "Encrypt all stored secrets with the first of FIELD_ENCRYPTION_KEYS. "
        "Afterwards the other keys can be taken out of the list."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for rows, fields in encrypted_columns():
            try:
                count = _encrypt_anew(rows, fields)
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"{rows.model.__name__}: {count} rows")


def _encrypt_anew(rows: models.Manager[models.Model], fields: list[str]) -> int:
    count = 0
    for key in list(rows.values_list("pk", flat=True)):
        # The lock keeps a secret that is changed meanwhile.
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=key).only(*fields).first()
            if row is not None:
                row.save(update_fields=fields)
                count += 1
    return count
