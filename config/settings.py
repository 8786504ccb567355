"""Settings, read from the environment (or a `.env` file beside manage.py) and safe by default."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError
from kombu.entity import Queue

from config.desk import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
if os.environ.get("READ_DOT_ENV", "yes") != "no":
    env.read_env(BASE_DIR / ".env")


def required(name: str, mend: str) -> str:
    """Return an environment variable, or say in one sentence how to mend its absence."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is missing: {mend} (in the environment or .env; make demo needs none).")
    return value


def parsed(name: str, mend: str, reader: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return a required URL read by an environs reader; a malformed one is one sentence too."""
    required(name, mend)
    try:
        return reader(name)
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read ({error}): {mend}.") from error


DEMO = env.bool("DEMO", False)
DEBUG = False

SITE_URL = required("SITE_URL", "give the public address, such as https://bulletin.example.org").rstrip("/")
if urlsplit(SITE_URL).scheme not in ("http", "https") or not urlsplit(SITE_URL).hostname:
    raise ImproperlyConfigured("SITE_URL must be a whole address, such as https://bulletin.example.org.")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
# Message-ID and List-Id want a domain name, which a bare address of a machine is not.
MAIL_DOMAIN = SITE_HOST if SITE_HOST.rpartition(".")[2].isalpha() else "localhost"
SITE_IS_HTTPS = SITE_URL.startswith("https://")

SECRET_KEY = required("SECRET_KEY", "give 50 or more random characters and keep them")
SUPPRESSION_KEY = required("SUPPRESSION_KEY", "give 32 or more random characters, never to be changed")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    # Before the admin, whose templates it replaces.
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "ckeditor",
    "pgtrigger",
    "publication",
    "resources",
    "bulletins",
    "subscribers",
    "mailings",
    *(["demo"] if DEMO else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "publication.context.publication",
            ],
        },
    },
]

DATABASE_HELP = "give the PostgreSQL to use, such as postgresql://user:password@localhost/first_wednesday"
DATABASES = {"default": parsed("DATABASE_URL", DATABASE_HELP, env.dj_db_url)}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
if not DATABASES["default"]["ENGINE"].endswith("postgresql"):
    raise ImproperlyConfigured(f"DATABASE_URL must name a PostgreSQL: {DATABASE_HELP}.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required("REDIS_URL", "give the Redis to use, such as redis://localhost:6379/0")
# Celery's transport has a scheme of its own for a Redis behind a unix socket.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
# Two queues, so that a relay that answers slowly cannot keep the clock waiting. A worker started without
# -Q serves both.
CELERY_TASK_QUEUES = [Queue("clock"), Queue("sending")]
CELERY_TASK_DEFAULT_QUEUE = "clock"
CELERY_TASK_ROUTES = {"mailings.tasks.drain": {"queue": "sending"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# The times of the clock and of sending, in seconds. Tests shorten them; a check refuses that in production.
TICK_SECONDS = env.float("TICK_SECONDS", 15)
LEASE_SECONDS = env.float("LEASE_SECONDS", 45)
LEASE_RENEWAL_SECONDS = env.float("LEASE_RENEWAL_SECONDS", 10)
RELAY_IDLE_SECONDS = env.float("RELAY_IDLE_SECONDS", 900)
SMTP_CONNECT_SECONDS = env.float("SMTP_CONNECT_SECONDS", 30)
SMTP_COMMAND_SECONDS = env.float("SMTP_COMMAND_SECONDS", 60)
SMTP_FINAL_REPLY_SECONDS = env.float("SMTP_FINAL_REPLY_SECONDS", 600)
DRAIN_SECONDS = env.float("DRAIN_SECONDS", 30)
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "mailings.tasks.tick",
        "schedule": TICK_SECONDS,
        "options": {"expires": max(TICK_SECONDS - 1, 1)},
    },
}

EMAIL_HELP = "give the mail relay, such as submission://user:password@relay.example.org:587"
EMAIL = parsed("EMAIL_URL", EMAIL_HELP, env.dj_email_url)
if "EMAIL_BACKEND" not in EMAIL:
    raise ImproperlyConfigured(f"EMAIL_URL has a scheme that is no mail's: {EMAIL_HELP}.")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = SMTP_COMMAND_SECONDS

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"

CSRF_FAILURE_VIEW = "publication.views.csrf_failure"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The static files are served straight from the rooms: no collectstatic to forget.
WHITENOISE_USE_FINDERS = True
# In the demo a changed file is seen at once; elsewhere they are read once, at the start.
WHITENOISE_AUTOREFRESH = DEMO
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / "var" / "media")))

SECURE_SSL_REDIRECT = SITE_IS_HTTPS and env.bool("SSL_REDIRECT", True)
# A probe asks the process itself, not the site behind its proxy.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_HTTPS
SESSION_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SILENCED_SYSTEM_CHECKS = [
    # CKEditor 4 is past its end of life; what it saves is cleaned by publication.richtext on every save.
    "ckeditor.W001",
    # Preloading HSTS cannot be taken back within months: the operator's choice, not a default.
    "security.W021",
]

DEMO_MAILBOX = Path(env.str("DEMO_MAILBOX", str(BASE_DIR / "var" / "demo" / "mailbox")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Refused requests would fill the log with what strangers typed, links of readers among it.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
