"""The naive pipeline's Celery, with its defaults."""

import os

from celery import Celery

app = Celery("reference")
app.config_from_object("django.conf:settings", namespace="CELERY")
if os.environ.get("REFERENCE_KEEPS_CONNECTIONS") == "on":
    # Celery closes the connection around every task otherwise.
    app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000_000
app.autodiscover_tasks(["benchmarks.reference"])
