"""Where the site is: its public address, the hosts it answers to, and the proxies before it."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import env, networks, required, switch

DEMO = switch("DEMO", False)

SITE_URL = required("SITE_URL", "give the public address, such as https://bulletin.example.org").rstrip("/")
if urlsplit(SITE_URL).scheme not in ("http", "https") or not urlsplit(SITE_URL).hostname:
    raise ImproperlyConfigured("SITE_URL must be a whole address, such as https://bulletin.example.org.")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
SITE_IS_HTTPS = SITE_URL.startswith("https://")
# Message-ID and List-Id want a domain name, which a bare address of a machine is not.
MAIL_DOMAIN = SITE_HOST if SITE_HOST.rpartition(".")[2].isalpha() else "localhost"

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
