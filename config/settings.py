"""Settings, read from the environment (or a `.env` file beside manage.py) and safe by default."""

from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu.entity import Queue

from config.desk import UNFOLD  # noqa: F401
from config.environment import (
    BASE_DIR,
    env,
    mail_relay,
    optional_path,
    optional_rate,
    parsed,
    required,
    seconds,
    switch,
    whole,
)
from config.policy import *  # noqa: F403
from config.roles import ROLES  # noqa: F401
from config.site import *  # noqa: F403
from config.site import DEMO, SITE_URL
from config.staff import *  # noqa: F403

DEBUG = False
# More than this go no faster, and each is a letter that may arrive twice when a worker dies.
MOST_CONNECTIONS = 100
SECRET_KEY = required("SECRET_KEY", "give 50 or more random characters and keep them")
SUPPRESSION_KEY = required("SUPPRESSION_KEY", "give 32 or more random characters, never to be changed")

INSTALLED_APPS = [
    # Before the admin, whose templates it replaces.
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "ckeditor",
    "pgtrigger",
    "simple_history",
    "csp",
    "axes",
    "publication",
    "resources",
    "bulletins",
    "subscribers",
    "mailings",
    *(["demo"] if DEMO else []),
]

MIDDLEWARE = [
    "publication.middleware.HeadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "publication.middleware.PolicyMiddleware",
    "publication.middleware.TextGZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "publication.middleware.DeskSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "publication.middleware.DeskAuthenticationMiddleware",
    "publication.middleware.DeskMessageMiddleware",
    "publication.middleware.DeskHistoryMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last, so that its answer to who is locked out passes all the others.
    "axes.middleware.AxesMiddleware",
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
required("DATABASE_URL", DATABASE_HELP)
DATABASES = {"default": parsed("DATABASE_URL", DATABASE_HELP, env.dj_db_url)}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
# A visitor is told soon that the database is away (seconds), even where its machine is switched off; and a worker
# learns within a minute that its connection leads nowhere, where TCP alone would wait for hours.
DATABASE_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
DATABASES["default"]["OPTIONS"] = {**DATABASE_PATIENCE, **DATABASES["default"].get("OPTIONS", {})}
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
CELERY_TASK_ROUTES = {
    "mailings.tasks.drain": {"queue": "sending"},
    # A host that answers slowly must not keep the clock waiting either; a turn of it is short.
    "bulletins.tasks.look_up_links": {"queue": "sending"},
    "bulletins.tasks.ask_for_links_of_the_archive": {"queue": "sending"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Seconds: who presses a button is told soon that the broker is away, or stands still.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5, "socket_timeout": 5, "retry_on_timeout": False}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# The times of the clock and of sending, in seconds. Tests shorten them; a check refuses that in production.
TICK_SECONDS = seconds("TICK_SECONDS", 15)
LEASE_SECONDS = seconds("LEASE_SECONDS", 45)
LEASE_RENEWAL_SECONDS = seconds("LEASE_RENEWAL_SECONDS", 10)
RELAY_IDLE_SECONDS = seconds("RELAY_IDLE_SECONDS", 900)
SMTP_CONNECT_SECONDS = seconds("SMTP_CONNECT_SECONDS", 30)
SMTP_COMMAND_SECONDS = seconds("SMTP_COMMAND_SECONDS", 60)
SMTP_FINAL_REPLY_SECONDS = seconds("SMTP_FINAL_REPLY_SECONDS", 600)
DRAIN_SECONDS = seconds("DRAIN_SECONDS", 30)
# How many connections to the relay one turn of a worker drives (docs/scaling.md has the curve).
SMTP_CONNECTIONS = whole("SMTP_CONNECTIONS", 40)
if SMTP_CONNECTIONS > MOST_CONNECTIONS:
    raise ImproperlyConfigured(
        f"SMTP_CONNECTIONS cannot be {SMTP_CONNECTIONS}: give 1 to {MOST_CONNECTIONS}, and start more workers for more."
    )
# When a nudge that nobody took is stale. Whoever takes it compares it with a clock of their own: two hosts that are
# each 30 seconds from the database's time must still hear each other.
NUDGE_SECONDS = TICK_SECONDS + 60
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "mailings.tasks.tick",
        "schedule": TICK_SECONDS,
        "options": {"expires": NUDGE_SECONDS},
    },
}
# At night, when neither a mailing nor an editor is at work. Each night takes what nobody looked at for a week.
# A demonstration calls on nobody by itself.
if not DEMO:
    CELERY_BEAT_SCHEDULE["links-of-the-archive"] = {
        "task": "bulletins.tasks.ask_for_links_of_the_archive",
        "schedule": crontab(hour="2", minute="10"),
        "options": {"expires": 3600},
    }

# How many sign-ups one network may make. A staff room behind one address signs up on one training day.
SIGN_UPS_AN_HOUR = whole("SIGN_UPS_AN_HOUR", 30)
SIGN_UPS_A_DAY = whole("SIGN_UPS_A_DAY", 100)

EMAIL_HELP = "give the mail relay, such as submission://user:password@relay.example.org:587"
required("EMAIL_URL", EMAIL_HELP)
EMAIL = parsed("EMAIL_URL", EMAIL_HELP, mail_relay)
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

# Who sends from this database: a copy of it where this differs sends nothing until somebody claims it.
SENDER_IDENTITY = env.str("SENDER_IDENTITY", "").strip() or SITE_URL
# Letters a second, over all workers on all hosts; none: as fast as the relay takes them.
MAIL_RATE_PER_SECOND = optional_rate("MAIL_RATE_PER_SECOND")
# The relay's own log, in Postfix's format: it tells whether a letter whose answer was lost was taken.
MAIL_LEDGER = optional_path("MAIL_LEDGER")
# Without such a log: send a letter whose answer was lost once more (no), or only list it (yes).
MAIL_AT_MOST_ONCE = switch("MAIL_AT_MOST_ONCE", False)
if MAIL_LEDGER and MAIL_AT_MOST_ONCE:
    raise ImproperlyConfigured(
        "MAIL_AT_MOST_ONCE and MAIL_LEDGER cannot both be given: with the relay's log no letter is sent on a guess "
        "anyway, so take MAIL_AT_MOST_ONCE away."
    )

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "config.formats"
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
STORAGES = {
    "default": {"BACKEND": "publication.images.PictureStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

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
