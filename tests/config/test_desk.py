"""The desk's frame: a side bar that shows each person what they may see, and leads somewhere."""

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.factories import make_staff

pytestmark = pytest.mark.django_db

DESK = reverse("admin:index")


def links(client):
    """What the side bar shows: titles and addresses."""
    groups = client.get(DESK).context["sidebar_navigation"]
    return {item["title"]: str(item["link"]) for group in groups for item in group["items"] if item["has_permission"]}


def test_every_link_of_the_side_bar_leads_somewhere(client):
    client.force_login(make_staff("grace", is_superuser=True))
    shown = links(client)
    assert list(shown)[:4] == ["The desk", "Bulletins", "Publication days", "Mailings"]
    assert {title: client.get(link).status_code for title, link in shown.items()} == dict.fromkeys(shown, 200)


def test_nobody_sees_a_link_they_may_not_follow(client):
    client.force_login(make_staff("editor", "view_bulletin", "change_author"))
    assert set(links(client)) == {"The desk", "Bulletins", "Authors", "Dead links"}
    page = client.get(DESK).content.decode()
    assert reverse("admin:bulletins_author_changelist") in page
    assert reverse("admin:subscribers_subscriber_changelist") not in page


def test_who_sees_no_bulletins_sees_no_next_issue(client):
    client.force_login(make_staff("clerk", "view_subscriber"))
    assert "Next publication day" not in client.get(DESK).content.decode()
    client.force_login(make_staff("editor", "view_bulletin"))
    assert "Next publication day" in client.get(DESK).content.decode()


def test_the_ribbon_is_the_demonstrations_alone(client, settings):
    client.force_login(make_staff("editor"))
    assert "Demonstration" not in client.get(DESK).content.decode()
    settings.DEMO = True
    assert "Demonstration" in client.get(DESK).content.decode()


@pytest.mark.parametrize("url", [DESK, reverse("admin:login")])
def test_every_page_has_the_icon_and_our_styles(client, url):
    if url == DESK:
        client.force_login(make_staff("editor"))
    page = client.get(url).content.decode()
    for name in ("icon.svg", "publication/desk.css", "publication/desk.js"):
        assert f"/static/{name}" in page
        assert finders.find(name)


def test_pages_have_landmarks_and_a_way_past_the_side_bar(client):
    assert "<main" in client.get(reverse("admin:login")).content.decode()
    client.force_login(make_staff("editor"))
    page = client.get(DESK).content.decode()
    assert '<a class="skip" href="#content">' in page
    assert page.count("<main") == 1
