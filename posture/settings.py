"""Django settings. Every value an operator may set is an environment variable listed in README.md (held by a test)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def read(name: str, default: str = "") -> str:
    """The value of an environment variable, or of the file that NAME_FILE names (for secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def read_flag(name: str) -> bool:
    """Whether an environment variable says yes: 1, true or yes."""
    return read(name).lower() in {"1", "true", "yes"}


def read_secret_key() -> str:
    """The key that signs sessions; there is no default outside of debugging and tests."""
    key = read("POSTURE_SECRET_KEY")
    if not key:
        raise ImproperlyConfigured("Set POSTURE_SECRET_KEY or POSTURE_SECRET_KEY_FILE (bin/up makes one by itself).")
    return key


BEHIND_PROXY = read_flag("POSTURE_BEHIND_PROXY")
DEBUG = read_flag("POSTURE_DEBUG")
SECRET_KEY = read_secret_key()
# The first one encrypts what the database keeps of secrets; the others, older ones, still open it.
ENCRYPTION_KEYS = [key for key in read("POSTURE_ENCRYPTION_KEY").split(",") if key] or [SECRET_KEY]
TOKEN_DAYS = int(read("POSTURE_TOKEN_DAYS", "30"))  # how long an agent's token and key are in use
PUBLIC_URL = read("POSTURE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SERVED_OVER_TLS = PUBLIC_URL.startswith("https://")
CA_FILE = read("POSTURE_CA_FILE")
SITE_RULES = read("POSTURE_SITE_RULES")
AGENT_FILE = Path(read("POSTURE_AGENT_FILE", str(BASE_DIR / "var" / "agent" / "posture-agent.pyz")))
ALLOWED_HOSTS = [name for name in read("POSTURE_ALLOWED_HOSTS").split(",") if name] or [
    "127.0.0.1",
    "localhost",
    "[::1]",
    urlsplit(PUBLIC_URL).hostname or "localhost",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "axes",
    "csp",
    "posture.fleet",
    "posture.reports",
    "posture.remote",
    "posture.ingest",
    "posture.dashboard",
]

MIDDLEWARE = [
    "posture.deploy.front.FrontMiddleware",
    "posture.ingest.middleware.AgentsDoorMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "posture.dashboard.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "posture.urls"
WSGI_APPLICATION = "posture.wsgi.application"

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
                "django.template.context_processors.i18n",
                "posture.dashboard.context.surroundings",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        read("DATABASE_URL", "postgres://posture@127.0.0.1:5432/posture"), conn_max_age=600, conn_health_checks=True
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
CELERY_IMPORTS = ("posture.remote.rollout.tasks",)
# What waits for machines of others has a worker of its own, so that it never keeps judging waiting.
CELERY_TASK_ROUTES = {
    "posture.remote.visit": {"queue": "remote"},
    "posture.remote.rollout.run": {"queue": "remote"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Tasks that share one connection to the database: a new one for each costs more than judging a host does.
CELERY_DB_REUSE_MAX = 1000
# Seconds. Each of these is safe to run twice and cheap when there is nothing to do.
CELERY_BEAT_SCHEDULE = {
    "sweep-rollouts": {"task": "posture.remote.rollout.sweep", "schedule": 60, "options": {"expires": 60}},
    "visit-remote-hosts": {"task": "posture.remote.tick", "schedule": 60, "options": {"expires": 60}},
    "sweep": {"task": "posture.fleet.tasks.sweep", "schedule": 60, "options": {"expires": 60}},
    "mark-states": {"task": "posture.fleet.tasks.mark_states", "schedule": 60, "options": {"expires": 60}},
    "make-partitions": {"task": "posture.fleet.tasks.make_partitions", "schedule": 3600, "options": {"expires": 3600}},
}

AUTH_USER_MODEL = "fleet.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "sign-in"
# Ten wrong passwords for one name from one address close that pair for fifteen minutes.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "posture.dashboard.address.network_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "posture" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static-root"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The manifest gives each file a name of its content, so that pages may be cached for ever.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    # The address is REMOTE_ADDR, where FrontMiddleware puts what our own front says; headers count for nothing.
    "NUM_PROXIES": 0,
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SERVED_OVER_TLS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = SERVED_OVER_TLS
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_OVER_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_100  # the host keys of the largest roll-out, approved at once (dashboard/shown_keys)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        # It logs with its traceback what it raises as well; a visit's problem is kept with its run.
        "paramiko": {"level": "CRITICAL"},
        "django.request": {"level": "ERROR"},
    },
}

# Limits of the agents' door; answers carry them, so that they can be tightened without a new agent.
INGEST_MAX_COMPRESSED = int(read("POSTURE_MAX_SNAPSHOT_COMPRESSED", str(2 * 1024 * 1024)))
INGEST_MAX_EXPANDED = int(read("POSTURE_MAX_SNAPSHOT_EXPANDED", str(16 * 1024 * 1024)))
# What one installation may send: calls a minute that are given back, and calls at once. A spool of 4,096 snapshots
# after a long outage has to pass; a call beyond 128 KiB, or with several passages, counts as several. 0: no bound.
AGENT_RATE = int(read("POSTURE_AGENT_RATE", "30"))
AGENT_BURST = int(read("POSTURE_AGENT_BURST", "10000"))
# Made-up tokens, wrong codes and wrong enrolment keys a minute from one address. 0: no bound.
REFUSAL_RATE = int(read("POSTURE_REFUSAL_RATE", "30"))
FREEZE_INGEST = read_flag("POSTURE_FREEZE_INGEST")  # agents are told to come back; they keep what they have
DEFAULT_INTERVAL = int(read("POSTURE_INTERVAL", "300"))
REMOTE_CONCURRENCY = int(read("POSTURE_REMOTE_CONCURRENCY", "8"))  # machines visited at a time
