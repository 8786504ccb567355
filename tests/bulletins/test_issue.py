import datetime
import gzip
import re
from itertools import pairwise

import pytest
import time_machine
from django.conf import settings

from bulletins.models import Bulletin, NewsItem, SectionKind
from tests.factories import (
    make_author,
    make_bulletin,
    make_event,
    make_item,
    make_publication,
    make_published,
    make_section,
)

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
PATH = "/bulletins/2024/march/"
STYLES = settings.BASE_DIR / "static/site.css"


def read(client, path=PATH) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_title_author_role_date_and_minutes(client):
    make_published(MARCH, author=make_author(name="Robin Example", role="Example Lead"), reading_minutes=5)
    page = read(client)
    assert "<h1>March 2024 e-bulletin</h1>" in page
    assert ">Robin Example</a>, Example Lead" in page
    assert '<time datetime="2024-03-06">6 March 2024</time>' in page
    assert "5&nbsp;minute read" in page


def test_the_parts_come_in_reading_order(client):
    make_publication()
    make_published(datetime.date(2024, 2, 1))
    bulletin = make_published(MARCH, summary="What March brought.", sign_off="<p>Until next month.</p>")
    make_published(datetime.date(2024, 4, 1))
    notices = make_section(bulletin, heading="Our notices", body="<p>A notice.</p>")
    make_event(notices)
    marks = ["<h1>", "minute read", "What March brought.", "Welcome to the example", "In this issue"]
    marks += ['<h3 id="an-example-headline">', "A notice.", "An example webinar", "Until next month."]
    marks += ["Share it", "Link to us", "mailto:editors@example.org", 'action="/subscribe/"']
    marks += ["Earlier issue", "Later issue", "Other e-bulletins"]
    page = read(client)
    body = page[page.index("<h1>") :]
    places = [body.index(mark) for mark in marks]
    assert places == sorted(places)


def test_a_summary_that_the_intro_says_already_is_not_repeated(client):
    make_published(
        MARCH,
        summary="The ‘new’ rules & you.",
        intro="<p>Hello. The ‘new’\n<em>rules</em> &amp; you. More.</p>",
    )
    assert 'class="lead"' not in read(client)


def test_the_contents_are_made_from_sections_and_items(client):
    bulletin = make_published(MARCH)
    make_item(bulletin, headline="Lost in the list")
    make_section(bulletin, heading="Our notices", body="<p>A notice.</p>")
    make_section(bulletin, heading="Nothing in here")
    page = read(client)
    contents = page[page.index('<ol class="contents-list">') : page.index("</nav>", page.index("contents-list"))]
    assert re.findall(r">([^<>]+)</a>", contents) == [
        "In the news",
        "An example headline",
        "Lost in the list",
        "Our notices",
    ]
    for anchor in re.findall(r'href="#([^"]+)"', contents):
        assert page.count(f'id="{anchor}"') == 1


def test_no_id_stands_twice(client):
    bulletin = make_published(MARCH)
    for headline in ["Main", "Contents", "Address", "Main"]:
        make_item(bulletin, headline=headline)
    ids = re.findall(r'\bid="([^"]+)"', read(client))
    assert len(ids) == len(set(ids))


def test_a_corrected_headline_keeps_its_anchor(client):
    bulletin = make_published(MARCH)
    item = bulletin.items.get()
    item.headline = "A corrected headline"
    item.save()
    assert '<h3 id="an-example-headline">A corrected headline</h3>' in read(client)


def test_each_item_leads_to_its_own_page(client):
    make_published(MARCH)
    assert f'href="{PATH}an-example-headline/"' in read(client)


def test_an_event_shows_date_and_hour_of_london(client):
    section = make_section(make_published(MARCH), heading="Webinars")
    start = datetime.datetime(2024, 6, 5, 15, 30, tzinfo=datetime.UTC)
    make_event(section, start=start, end=start + datetime.timedelta(hours=1), link="https://www.example.org/webinar")
    page = read(client)
    assert '<time datetime="2024-06-05T16:30:00+01:00">Wednesday 5 June 2024, 16:30</time> to <time' in page
    assert ">17:30</time> (London time)" in page
    assert "Details and booking at example.org" in page


def test_links_in_bodies_stay_as_they_were_written(client):
    bulletin = make_published(MARCH, intro='<p><a href="/parental-resources/">for parents</a></p>')
    make_item(bulletin, link="https://www.example.org/more")
    page = read(client)
    assert 'href="/parental-resources/"' in page
    assert "Read more at example.org" in page


def test_template_syntax_in_a_body_is_shown_literally(client):
    make_published(MARCH, intro="<p>{{ publication.name }} {% now 'Y' %} ${address}</p>")
    assert "{{ publication.name }} {% now 'Y' %} ${address}" in read(client)


def test_markup_in_plain_fields_is_shown_literally(client):
    make_published(MARCH, title="<script>alert(1)</script>")
    page = read(client)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_standing_words_of_the_publication_replace_the_default_ones(client):
    make_publication(share_words="<p>Pass it on, please.</p>")
    make_published(MARCH)
    page = read(client)
    assert "Pass it on, please." in page
    assert "pass this bulletin on to anyone" not in page
    assert "Were you sent this by somebody else?" in page


def test_our_own_link_stands_only_where_the_words_have_none(client):
    publication = make_publication(link_words="<p>Schools may link to us.</p>")
    make_published(MARCH)
    assert "How to link to the resources" in read(client)
    publication.link_words = '<p><a href="/parental-resources/link-to-us/">Link to us</a>.</p>'
    publication.save()
    assert read(client).count('"/parental-resources/link-to-us/"') == 1


def test_the_words_about_subscribing_stand_over_the_form(client):
    make_publication(subscribe_words="<p>Have it sent to you.</p>")
    make_published(MARCH)
    page = read(client)
    marks = [page.index(mark) for mark in ("Get the next issue", "Have it sent to you.", 'action="/subscribe/"')]
    assert marks == sorted(marks)
    assert page.count('href="/subscribe/"') == 1


def test_without_a_feedback_address_none_is_shown(client):
    make_publication(feedback_address="")
    make_published(MARCH)
    assert "What do you think" not in read(client)


def test_the_share_link_carries_title_and_address(client):
    make_published(MARCH, title="Q&A: March?")
    page = read(client)
    address = "https%3A%2F%2Fbulletin.example.org%2Fbulletins%2F2024%2Fmarch%2F"
    assert f'"mailto:?subject=Q%26A%3A%20March%3F&amp;body={address}"' in page


def test_neighbours_go_by_the_moment_of_publication(client):
    june = datetime.datetime(2024, 6, 10, 9, 0, tzinfo=datetime.UTC)
    late = make_published(datetime.date(2024, 1, 1), publish_at=june, publish_reason="It was late.")
    make_published(MARCH)
    make_published(datetime.date(2024, 4, 1))
    assert 'rel="prev" href="/bulletins/2024/april/"' in read(client, late.get_absolute_url())
    assert 'rel="next"' not in read(client, late.get_absolute_url())
    assert 'rel="prev"' not in read(client)


def test_neighbours_of_one_moment_follow_each_other(client):
    make_published(MARCH)
    make_published(MARCH)
    assert 'rel="next" href="/bulletins/2024/march-2/"' in read(client)
    assert 'rel="prev" href="/bulletins/2024/march/"' in read(client, "/bulletins/2024/march-2/")


def test_the_ten_newest_others_are_listed(client):
    for month in range(1, 13):
        make_published(datetime.date(2023, month, 1))
    make_published(MARCH)
    page = read(client)
    others = page[page.index('id="others.heading"') :]
    assert re.findall(r"(\w+ 2023) e-bulletin", others)[0] == "December 2023"
    assert len(re.findall(r"\w+ 2023 e-bulletin", others)) == 10
    assert "March 2024" not in others


@pytest.mark.parametrize("path", ["/bulletins/2024/may/", "/bulletins/2023/march/", "/bulletins/0000/march/"])
def test_an_unknown_month_is_not_found(client, path):
    make_published(MARCH)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/bulletins/99999/march/", "/bulletins/2024/mar%00ch/", "/bulletins/2024/a%2Fb/"])
def test_an_odd_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_draft_is_not_found(client):
    make_bulletin(month=MARCH)
    assert client.get(PATH).status_code == 404


def test_an_approved_issue_appears_at_its_very_hour(client):
    make_published(MARCH)
    with time_machine.travel("2024-03-06 07:29:59Z", tick=False):
        assert client.get(PATH).status_code == 404
    with time_machine.travel("2024-03-06 07:30:00Z", tick=False):
        assert client.get(PATH).status_code == 200


def test_the_query_count_grows_neither_with_the_archive_nor_with_the_issue(client, django_assert_num_queries):
    make_publication()
    bulletin = make_published(MARCH)
    for number in range(12):
        make_event(make_section(bulletin))
        make_item(bulletin)
        make_published(datetime.date(2023, number + 1, 1))
    with django_assert_num_queries(16):
        client.get(PATH)


def test_odd_queries_get_the_page_and_other_methods_do_not(client):
    make_published(MARCH)
    assert client.get(f"{PATH}?page=-1&q=%00").status_code == 200
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
    assert Bulletin.objects.count() == 1


def test_headings_skip_no_level_wherever_a_text_has_its_own(client):
    bulletin = make_published(MARCH, intro="<h4>Intro</h4>", sign_off="<h3>Off</h3><h4>Deeper off</h4>")
    section = make_section(bulletin, heading="Notices", body="<h3>Notice</h3><h4>Small notice</h4>")
    make_item(bulletin, section=section, headline="Story", body="<h4>First</h4><h3>Second</h3><h4>Third</h4>")
    found = re.findall(r"<h([1-6])[^>]*>([^<]*)", read(client))
    levels = [int(level) for level, _ in found]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert ("2", "Intro") in found
    assert ("3", "Notice") in found
    for heading in [("3", "Story"), ("4", "First"), ("4", "Second"), ("5", "Third")]:
        assert heading in found


def test_a_picture_stands_with_its_words_and_its_room_kept(client):
    bulletin = make_published(MARCH)
    shown = {"image": "pictures/a.png", "image_alt": "A “sun”", "image_width": 640, "image_height": 480}
    NewsItem.objects.filter(bulletin=bulletin).update(**shown)
    assert re.search(
        r'<figure><img src="[^"]*a\.png" alt="A “sun”" width="640" height="480" loading="lazy"></figure>', read(client)
    )


def test_the_author_is_shown_in_the_sign_off_where_there_is_a_photo(client):
    author = make_author()
    make_published(MARCH, author=author)
    assert 'class="photo"' not in read(client)
    type(author).objects.update(photo="pictures/b.jpg", photo_width=96, photo_height=96)
    page = read(client)
    assert re.search(r'<img class="photo" src="[^"]*b\.jpg" alt="" width="96" height="96"', page)
    assert page.index("sign-off") < page.index('class="photo"')


@pytest.mark.parametrize("kind", SectionKind.values)
def test_each_kind_of_section_has_its_mark(client, kind):
    make_section(make_published(MARCH), kind=kind, body="<p>Words.</p>")
    name = kind.replace(" ", "-")
    assert f'class="section {name}"' in read(client)
    if kind != SectionKind.NEWS:
        assert f".{name} {{ --mark: {SectionKind.values.index(kind)}; }}" in STYLES.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"summary": "What <March> brought."}, "What &lt;March&gt; brought."),
        ({"intro": "<p>Welcome to &amp; from all.</p>"}, "Welcome to &amp; from all."),
        ({"intro": ""}, "March 2024 e-bulletin"),
    ],
)
def test_its_description_is_its_summary_else_its_first_words(client, fields, description):
    make_published(MARCH, **fields)
    assert f'<meta name="description" content="{description}">' in read(client)


def test_an_issue_with_its_styles_weighs_less_than_30_kb(client):
    bulletin = make_published(MARCH)
    for number in range(12):
        words = " ".join(f"word{number * 300 + n}" for n in range(300))
        make_item(bulletin, headline=f"Headline {number}", body=f"<p>{words}</p>")
    weight = len(gzip.compress(read(client).encode())) + len(gzip.compress(STYLES.read_bytes()))
    assert 10_000 < weight < 30_000
