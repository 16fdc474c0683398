"""All settings, from the environment.

Real environment variables win over `.env`, which wins over `var/env` (written by
`make run` for a developer's machine). Production has neither file nor defaults
for secrets: a missing one stops the start.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.templatetags.static import static
from kombu import Queue

from handover_project.admin_navigation import NAVIGATION
from handover_project.log_redaction import redact_addresses

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

for _env_file in os.environ.get("HANDOVER_ENV_FILES", ".env:var/env").split(":"):
    if _env_file and (BASE_DIR / _env_file).is_file():
        environ.Env.read_env(str(BASE_DIR / _env_file))


def _secret(name: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. `make run` generates it for a developer's machine; "
            "in production set it in the environment (see .env.example)."
        )
    return str(value)


SECRET_KEY = _secret("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = [
    key.strip() for key in _secret("FIELD_ENCRYPTION_KEYS").split(",") if key.strip()
]
DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
SANDBOX_PORT = env.int("SANDBOX_PORT", default=8088)
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default=f"http://localhost:{PORT}").rstrip(
    "/"
)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(PUBLIC_BASE_URL).hostname or "localhost"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
ALLOW_PRIVATE_NETWORK_TARGETS = env.bool("ALLOW_PRIVATE_NETWORK_TARGETS", default=False)
OUTBOUND_PROXY_URL = env.str("OUTBOUND_PROXY_URL", default="")

# Which kind of process this is: "live" serves streams only (see asgi.py).
IS_LIVE = env.str("HANDOVER_PROCESS", default="") == "live"

# --- time-outs and limits of the bridge, in seconds unless the name says otherwise
DELIVERY_LEASE_SECONDS = env.int("DELIVERY_LEASE_SECONDS", default=30)
# How long a worker that is asked to end lets calls go on: peers may answer later.
WORKER_STOP_SECONDS = env.float("WORKER_STOP_SECONDS", default=7.0)
SWEEP_INTERVAL_SECONDS = env.float("SWEEP_INTERVAL_SECONDS", default=1.0)
HANDOVER_START_TIMEOUT_SECONDS = env.int("HANDOVER_START_TIMEOUT_SECONDS", default=30)
DELIVERY_MAX_AGE_SECONDS = env.int("DELIVERY_MAX_AGE_SECONDS", default=6 * 3600)
UNKNOWN_SETTLE_SECONDS = env.float("UNKNOWN_SETTLE_SECONDS", default=3.0)
RECONCILE_INTERVAL_SECONDS = env.int("RECONCILE_INTERVAL_SECONDS", default=30)
RECONCILE_RATE_SHARE = env.float("RECONCILE_RATE_SHARE", default=0.2)
RECONCILE_MAX_PER_SECOND = env.float("RECONCILE_MAX_PER_SECOND", default=5.0)
CALLBACK_TIMEOUT_SECONDS = env.int("CALLBACK_TIMEOUT_SECONDS", default=15)
EIGHTBYEIGHT_READ_TIMEOUT_SECONDS = env.int(
    "EIGHTBYEIGHT_READ_TIMEOUT_SECONDS", default=10
)
BOT_TIMEOUT_SECONDS = env.int("BOT_TIMEOUT_SECONDS", default=15)
CALLBACK_FRESHNESS_SECONDS = env.int("CALLBACK_FRESHNESS_SECONDS", default=300)
ORPHAN_EVENT_HOURS = env.int("ORPHAN_EVENT_HOURS", default=24)
IDEMPOTENCY_KEY_HOURS = env.int("IDEMPOTENCY_KEY_HOURS", default=24)
REJECTION_COUNT_DAYS = env.int("REJECTION_COUNT_DAYS", default=90)
MESSAGE_RETENTION_DAYS = env.int("MESSAGE_RETENTION_DAYS", default=90)
CALLBACK_RETENTION_DAYS = env.int("CALLBACK_RETENTION_DAYS", default=30)
ALARM_RETENTION_DAYS = env.int("ALARM_RETENTION_DAYS", default=365)

# --- rooms
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_structlog",
    "django_prometheus",
    "endpoints",
    "handover",
    "agentassist",
]
ROOT_URLCONF = "handover_project.urls"
WSGI_APPLICATION = "handover_project.wsgi.application"
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "handover_project.callback_lane.CallbackLane",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
if IS_LIVE:
    ROOT_URLCONF = "handover_project.live_urls"
    MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database
DATABASES = {
    "default": env.db_url(
        "DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}"
    )
}
_database = DATABASES["default"]
# Kept connections are worth a factor of five. In the live process only the readers
# have any (handover/streams/reading.py): streams hold none while they wait.
_database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that will write takes the write lock at its start, or
    # two of them would fail on each other instead of waiting.
    _database.setdefault("OPTIONS", {}).update(
        {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA busy_timeout=30000;"
            ),
        }
    )
else:
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

# --- broker
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
_redis = urlsplit(REDIS_URL)
CELERY_BROKER_URL = (
    f"redis+socket://{_redis.path}" if _redis.scheme == "unix" else REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Seen in CLIENT LIST; a supervisor tells by it which of its workers listens.
    "client_name": env.str("PROCESS_NAME", default="handover"),
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "visibility_timeout": 3600,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "handover"
# The clock's tasks do not queue up behind a backlog of deliveries.
CELERY_TASK_QUEUES = [Queue("handover"), Queue("clock")]
CELERY_TASK_ROUTES = {
    "handover.tasks.sweep": {"queue": "clock"},
    "handover.tasks.reconcile": {"queue": "clock"},
    "handover.tasks.end_overdue_handovers": {"queue": "clock"},
    "handover.tasks.watch": {"queue": "clock"},
    "handover.tasks.mend": {"queue": "clock"},
    "handover.tasks.tidy": {"queue": "clock"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "handover.tasks.sweep",
        "schedule": timedelta(seconds=SWEEP_INTERVAL_SECONDS),
        # A sweep nobody fetched in time is worthless: the next one does its work.
        "options": {"expires": max(5.0, 5 * SWEEP_INTERVAL_SECONDS)},
    },
    "reconcile": {
        "task": "handover.tasks.reconcile",
        # Often and few at a time: the pace of a key is kept evenly.
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "end-overdue-handovers": {
        "task": "handover.tasks.end_overdue_handovers",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "watch": {
        "task": "handover.tasks.watch",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 20},
    },
    "mend": {
        "task": "handover.tasks.mend",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "tidy": {
        "task": "handover.tasks.tidy",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
}

# --- Bot API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "handover.botapi.authentication.ApiKeyAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "handover.botapi.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "8x8 handover bridge: Bot API",
    "DESCRIPTION": "Start handovers, exchange messages, read events.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # In the order of the page: what does not work yet comes last.
    "TAGS": [{"name": "handovers"}, {"name": "events"}, {"name": "not available yet"}],
    "PREPROCESSING_HOOKS": ["handover.botapi.schema.without_slash_twins"],
    "POSTPROCESSING_HOOKS": [],
    "WEBHOOKS": ["handover.botapi.callback_schema.EVENT_CALLBACK"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- admin, sessions, passwords
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]


def _favicon_address(request: HttpRequest) -> str:
    return static("chat/icon.svg")


UNFOLD = {
    "SITE_TITLE": "8x8 handover bridge",
    "SITE_HEADER": "8x8 handover bridge",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _favicon_address}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": NAVIGATION,
    },
}

# --- transport security: https is the public base URL's business
_https = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Not "no-referrer": with it browsers send `Origin: null` with forms, which the
# protection against forged requests must refuse. Pages with secrets set their own.
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the proxy in front redirects to https
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
    # Alpine.js, which the admin theme is built on, evaluates expressions.
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
}

# --- static files, language, time
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# --- limits of Django itself
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- logs: one JSON line per outcome, ids only
DJANGO_STRUCTLOG_CELERY_ENABLED = False
_log_processors: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    redact_addresses,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _log_processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Addresses carry URL tokens: who needs an access log takes the proxy's.
        "django_structlog": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_log_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
