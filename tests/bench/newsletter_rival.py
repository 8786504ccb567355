"""django-newsletter at work: `newsletter_rival FOLDER PORT LETTERS` prints letters a second.

It runs in an environment of its own and imports nothing of this project; `articles.json` in the folder has the
headlines and texts of an issue. The letter is as its own templates make it.
"""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

FOLDER, PORT, LETTERS = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.sites",
        "sorl.thumbnail",
        "newsletter",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "newsletter.sqlite"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=PORT,
    NEWSLETTER_USE_HTTPS=True,
    NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for the bench",
    SITE_ID=1,
    USE_TZ=True,
)
urlpatterns: list = []


def main() -> None:
    """Make a newsletter with its readers, and submit it by its own command."""
    django.setup()
    urlpatterns.append(path("newsletter/", include("newsletter.urls")))
    from newsletter.models import Article, Message, Newsletter, Submission, Subscription  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    newsletter = Newsletter.objects.create(
        title="Bench", slug="bench", email="bulletin@example.org", sender="Bench", send_html=True
    )
    newsletter.site.set([1])
    Subscription.objects.bulk_create(
        Subscription(newsletter=newsletter, email_field=f"reader{number}@example.org", subscribed=True)
        for number in range(LETTERS)
    )
    message = Message.objects.create(title="Issue", slug="issue", newsletter=newsletter)
    for headline, text in json.loads((FOLDER / "articles.json").read_text()):
        Article.objects.create(post=message, title=headline, text=text)
    submission = Submission.from_message(message)
    submission.prepared = True
    submission.save()
    began = time.perf_counter()
    call_command("submit_newsletter")
    seconds = time.perf_counter() - began
    assert Submission.objects.get().sent
    print(LETTERS / seconds)  # noqa: T201


if __name__ == "__main__":
    main()
