"""Entrance for granian."""

from django.core.wsgi import get_wsgi_application

from benchmarks.reference.celery_app import app

application = get_wsgi_application()
# `shared_task` finds the Celery that was made last.
CELERY = app
