"""Settings of the reference project: what Django needs, and no more."""

import os

import environ

SECRET_KEY = "reference-only"  # noqa: S105 - guards nothing
ALLOWED_HOSTS = ["*"]
DEBUG = False
ROOT_URLCONF = "benchmarks.reference.urls"
INSTALLED_APPS = ["benchmarks.reference"]
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
USE_I18N = False
DATABASES = {"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])}
# For ever: a connection per request would cost a factor of five.
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["AUTOCOMMIT"] = True

CELERY_BROKER_URL = os.environ["REFERENCE_BROKER_URL"]
CELERY_TASK_IGNORE_RESULT = True
