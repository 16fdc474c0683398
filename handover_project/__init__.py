"""The Django project: settings, URLs, process entry points."""

from handover_project.celery import app as celery_app

__all__ = ["celery_app"]
