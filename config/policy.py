"""What browsers are told: which content may be loaded and run, and how strictly to keep to https."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from config.environment import switch
from config.site import SITE_IS_HTTPS

PUBLIC: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
# CKEditor 4 needs inline scripts and styles, Unfold's Alpine needs eval: the desk pays for both, but nothing
# there can load from or send to another host.
DESK = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "connect-src": [SELF],
    "object-src": [NONE],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}
# A drawing that is opened by itself, and whatever page an editor's plugin may bring.
STATIC = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "sandbox": True}

CONTENT_SECURITY_POLICY = {"DIRECTIVES": PUBLIC}
# By the beginning of the path; a response that brings a policy of its own keeps it.
CONTENT_SECURITY_POLICIES: dict[str, dict[str, Any]] = {
    "/admin/": DESK,
    "/static/": STATIC,
    "/demo/": {**PUBLIC, "frame-src": [SELF]},
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

SECURE_SSL_REDIRECT = SITE_IS_HTTPS and switch("SSL_REDIRECT", True)
# A probe asks the process itself, not the site behind its proxy.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_HTTPS
# Only a permission: a domain is preloaded when somebody enters it in the browsers' list.
SECURE_HSTS_PRELOAD = SITE_IS_HTTPS and switch("HSTS_PRELOAD", True)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SILENCED_SYSTEM_CHECKS = [
    # CKEditor 4 is past its end of life: docs/running.md says what follows, tests/test_ckeditor_risk.py holds it.
    "ckeditor.W001",
]
