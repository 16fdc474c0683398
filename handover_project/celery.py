"""The Celery application. Its messages are hints; the tables are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover_project.settings")

app = Celery("handover_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery closes Django's connection before and after every task unless this is set, by
# exactly this name, which no namespace of settings yields (celery/fixups/django.py).
# Tasks check their connection themselves (handover/tasks.py).
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000_000
app.autodiscover_tasks()
# By name: it needs models, which are not there yet when this is imported.
app.steps["worker"].add("handover_project.worker_stop:StopInTime")
