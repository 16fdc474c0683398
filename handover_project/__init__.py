"""The Django project: settings, URLs, process entry points."""

import sys

from handover_project.celery import app as celery_app

__all__ = ["celery_app"]

# Web and worker processes have many threads, each of which has many short waits for
# the database. After each it waits for its turn, 5 ms at worst by Python's default.
sys.setswitchinterval(0.0005)
