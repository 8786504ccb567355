"""The base envelope of every single letter, and letters to staff."""

from email.utils import formataddr, make_msgid

import css_inline
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from publication.models import Publication

INLINER = css_inline.CSSInliner(minify_css=True, load_remote_stylesheets=False)
AUTOMATIC = {
    # RFC 3834: no out-of-office answers to a machine.
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}


def sender_of(words: Publication) -> str:
    """Return the From field; without a sender address of its own, a publication writes from its site's domain."""
    name, address = words.sender
    return formataddr((name, address or f"bulletin@{settings.MAIL_DOMAIN}"))


def letter(template: str, to: str, context: dict) -> EmailMultiAlternatives:
    """Build one automatic letter from `<template>.subject.txt`, `<template>.txt` and `<template>.html`."""
    words = Publication.objects.current()
    context = {"publication": words, "site_url": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context).strip() + "\n",
        from_email=sender_of(words),
        to=[to],
        reply_to=[words.feedback_address] if words.feedback_address else None,
        headers={**AUTOMATIC, "Message-ID": make_msgid(domain=settings.MAIL_DOMAIN)},
    )
    message.attach_alternative(INLINER.inline(render_to_string(f"{template}.html", context)), "text/html")
    return message


def staff_addresses() -> list[str]:
    """Return the addresses of the people who look after the publication."""
    staff = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(email="")
    return sorted(set(staff.values_list("email", flat=True)))
