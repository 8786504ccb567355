"""What editors get wrong, by accident or on purpose: refused or kept, and always said in words."""

import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from html import unescape
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from bulletins.approval import approve
from bulletins.models import Approval, Bulletin, NewsItem, PublicationDay
from mailings.letter import freeze
from mailings.mime import header, unstuffed
from mailings.opening import send_now
from mailings.preflight import checklist
from mailings.rehearsal import one_letter
from mailings.releasing import release
from publication.links import check_links
from publication.notices import lost
from tests.bulletins.screen import WRITING, posted
from tests.factories import MARCH, make_approved, make_bulletin, make_item, make_publication, make_section, make_staff
from tests.mailings.cast import at_once, make_clean
from tests.publication.test_pictures import half, photo, written

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def editor(client):
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


def said(client, answer) -> str:
    """The page after a save, with what the desk says."""
    page = client.get(answer.url) if answer.status_code == 302 else answer
    return page.content.decode().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')


# Titles


def test_a_title_of_3000_characters_is_refused_with_the_limit(client, editor):
    answer = posted(client, make_bulletin(), title="x" * 3000)
    assert "at most 150 characters (it has 3000)" in answer.content.decode()


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\x00", "\x0b", "\u2028", "\u202e"])
def test_a_title_stands_on_one_line(client, editor, break_):
    answer = posted(client, make_bulletin(), title=f"March{break_}Bcc: all@example.org")
    assert answer.status_code == 200
    assert Bulletin.objects.get().title == "March 2026 e-bulletin"


@pytest.mark.parametrize("title", ["Back to school 🎒", "نشرة مارس ٢٠٢٦", "Łódź – “safe” & sound", "=?utf-8?q?x?="])
def test_a_title_in_any_script_reaches_page_and_inbox_as_typed(client, editor, title):
    make_publication()
    bulletin = make_bulletin()
    assert posted(client, bulletin, title=title).status_code == 302
    approve(Bulletin.objects.get(), make_staff("approver"), MARCH - DAY)
    mailing = send_now(bulletin, None, "why", MARCH)
    line = header("Subject", dict(mailing.headers)["Subject"])
    assert line.isascii()
    assert str(make_header(decode_header(line.removeprefix("Subject: ").strip()))) == title
    assert escape(title) in client.get(bulletin.get_absolute_url()).content.decode()


# Texts


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("<p>Hi<script>alert(1)</script></p>", ["<script>"]),
        ("<p onclick='x()'>Hi</p>", ["onclick"]),
        ("<img src=x onerror=alert(1)>", ["<img>", "onerror"]),
        ("<svg onload=alert(1)></svg>", ["<svg>", "onload"]),
        ("<iframe src='https://evil.example'></iframe>", ["<iframe>"]),
        ("<a href='javascript:alert(1)'>x</a>", ["the link javascript:alert(1)"]),
        ("<a href='data:text/html,x'>x</a>", ["the link data:text/html,x"]),
        ("<a href='&#106;avascript:alert(1)'>x</a>", ["the link javascript:alert(1)"]),
        ("<svg><![CDATA[<img src=x onerror=alert(1)>]]></svg>", ["<svg>"]),
        ("<form><input name=a></form>", ["<form>", "<input>"]),
        ("<h1 class='MsoTitle'><span style='color:red'>From Word</span><o:p></o:p></h1>", []),
        ("<p>Plain <strong>words</strong>, <a href='https://example.org/'>a link</a></p>", []),
    ],
)
def test_what_is_taken_out_of_a_text_is_named(typed, words):
    assert lost(typed) == words


def test_the_editor_is_told_what_was_taken_out_of_a_text_and_of_a_row(client, editor):
    bulletin = make_bulletin()
    answer = posted(
        client,
        bulletin,
        **{
            "intro": "<p>Hello<script>alert(1)</script></p>",
            "items-0-body": "<p onclick='x()'>Story</p>",
        },
    )
    page = said(client, answer)
    assert "“Intro” of “March 2026 e-bulletin” was saved without <script>" in page
    assert "“Body” of “An example headline” was saved without onclick" in page
    assert Bulletin.objects.get().intro == "<p>Hello</p>"
    assert NewsItem.objects.get().body == "<p>Story</p>"


def test_nothing_is_said_of_a_text_that_was_kept(client, editor):
    answer = posted(client, make_bulletin(), intro="<p>Hello <em>you</em></p>")
    assert "saved without" not in said(client, answer)


@pytest.mark.parametrize("syntax", ["{{ settings.SECRET_KEY }}", "{% include 'base.html' %}", "{# note #}"])
def test_template_syntax_is_text_on_the_page_and_in_the_letter(client, editor, syntax):
    make_publication()
    bulletin = make_bulletin(title=f"About {syntax}", intro=f"<p>{syntax}</p>")
    make_item(bulletin, headline=syntax, body=f"<p>{syntax}</p>")
    approve(bulletin, make_staff("approver"), MARCH - DAY)
    mailing = send_now(bulletin, None, "why", MARCH)
    page = client.get(bulletin.get_absolute_url()).content.decode()
    for text in (page, mailing.html):
        assert text.replace("&#x27;", "'").replace("&#39;", "'").count(syntax) >= 3
    assert mailing.subject == f"About {syntax}"


# Links


@pytest.mark.parametrize(
    "link",
    ["www.example.org", "page.html", "../march/", "?page=2", "", "#", "https://", "http:///x", "https://[", "//"],
)
def test_a_link_that_leads_nowhere_is_refused_and_quoted(link):
    with pytest.raises(ValidationError) as refused:
        check_links(f'<p><a href="{link}">x</a></p>')
    assert f"“{link}” leads nowhere" in refused.value.messages[0]


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org",
        "HTTPS://EXAMPLE.ORG/x",
        "//example.org/a",
        "/subscribe/",
        "#doxing",
        "mailto:a@example.org",
    ],
)
def test_a_link_that_leads_somewhere_is_not(link):
    check_links(f'<a href="{link}">x</a>')


def test_the_page_quotes_the_link_and_keeps_the_text(client, editor):
    answer = posted(
        client, make_bulletin(), **{"items-0-body": '<p>Typed <a href="www.example.org/guide">words</a></p>'}
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The link “www.example.org/guide” leads nowhere: begin it with https://" in page
    assert "Typed" in page
    assert NewsItem.objects.get().body == "<p>An example story.</p>"


def test_http_and_bare_host_links_are_made_https_and_that_is_said(client, editor):
    bulletin = make_bulletin()
    answer = posted(
        client, bulletin, intro="<p><a href='http://example.org/a'>a</a> <a href='//example.org/b'>b</a></p>"
    )
    assert "links are made https, so please try them once: http://example.org/a" in said(client, answer)
    intro = Bulletin.objects.get().intro
    assert 'href="https://example.org/a"' in intro and 'href="https://example.org/b"' in intro


def test_a_text_that_was_not_touched_keeps_its_links(client, editor):
    bulletin = make_bulletin(intro='<p><a href="http://example.org/">old</a></p>')
    posted(client, bulletin, title="Another title")
    assert 'href="http://example.org/"' in Bulletin.objects.get().intro


def test_a_link_to_a_place_the_issue_lacks_is_told_and_keeps_it_from_approval(client, editor):
    bulletin = make_bulletin()
    section = bulletin.sections.get()
    fine = f'<a href="#an-example-headline">a</a> <a href="#{section.anchor}">b</a> <a href="#contents">c</a>'
    answer = posted(client, bulletin, intro=f'<p>{fine} <a href="#doxing">d</a></p>')
    sentence = "The link “#doxing” leads to no item or section of this issue."
    assert sentence in said(client, answer)
    (found,) = [entry.finding for entry in checklist(bulletin, MARCH).blocking if "doxing" in entry.finding.sentence]
    assert found.sentence.startswith(sentence.rstrip("."))
    assert found.place.anchor == "issue-intro"
    with pytest.raises(ValidationError, match="leads to no item"):
        release(bulletin, make_staff("approver"), MARCH - DAY)
    make_item(bulletin, headline="Doxing")
    assert "doxing" not in str([entry.finding for entry in checklist(bulletin, MARCH).blocking])


# Issues that are not ready


def approval_of(client, bulletin) -> str:
    """Press Approve as somebody who may; return what the page answers."""
    client.force_login(make_staff("approver", "approve_bulletin", "view_bulletin"))
    page = reverse("mailings:approve", args=[bulletin.pk])
    seen = client.get(page).context["seen"]
    return unescape(client.post(page, {"seen": seen}, follow=True).content.decode())


def test_an_issue_without_subject_or_text_is_not_approved_and_what_is_missing_is_listed(client, editor):
    make_publication()
    bulletin = make_bulletin(intro="")
    bulletin.items.all().delete()
    assert "This field is required." in posted(client, bulletin, title=" ").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Bulletin.objects.update(title="")
    page = approval_of(client, bulletin)
    assert "It has nothing to read yet: write a section or an item." in page
    assert "Nobody would get it: there is no active subscriber." in page
    assert Bulletin.objects.get().status == "draft"


def test_no_words_of_an_editor_take_the_way_out_of_a_letter():
    make_publication(share_words="")
    bulletin = make_bulletin(intro="", summary="")
    bulletin.items.all().delete()
    letter = one_letter(freeze(bulletin, MARCH), "reader@example.org")
    parsed = message_from_bytes(unstuffed(letter), policy=policy.default)
    way_out = urlsplit(parsed["List-Unsubscribe"].strip("<>")).path
    assert way_out.startswith("/unsubscribe/")
    for kind in ("html", "plain"):
        assert parsed.get_body((kind,)).get_content().count(way_out) >= 1


def test_a_letter_that_gmail_would_cut_off_is_not_approved(client, editor):
    bulletin = make_clean()
    make_item(bulletin, body="".join(f"<p>Paragraph {n} tells of a pond.</p>" for n in range(4_000)))
    sentence = "Gmail cuts it off at about 102 kB; it has "
    (found,) = [entry.finding for entry in checklist(bulletin, MARCH).blocking]
    assert found.sentence.startswith(sentence)
    assert sentence in approval_of(client, bulletin)
    assert Bulletin.objects.get().status == "draft"


# Images


def upload(client, bulletin, content: bytes, name: str, **fields):
    return posted(client, bulletin, **{"items-0-image": SimpleUploadedFile(name, content), **fields})


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", "is an SVG drawing: save it as PNG"),
        (b"<html><script>alert(1)</script>", "page.jpg", "is a web page"),
        (b"<?php echo 1;", "photo.php.jpg", "is a program"),
        (half(written(photo(), "JPEG")), "photo.jpg", "is damaged"),
        (b"\xff\xd8" + b"x" * 20_000_000, "photo.jpg", "is 20 MB"),
        (b"", "photo.jpg", "0 bytes"),
    ],
    ids=["svg", "html", "php", "cut", "large", "empty"],
)
def test_a_file_that_is_no_picture_is_refused_beside_its_box(client, editor, content, name, words):
    answer = upload(client, make_bulletin(), content, name, **{"items-0-image_alt": "A house."})
    assert words in said(client, answer)
    assert not NewsItem.objects.get().image


def test_a_picture_needs_words(client, editor):
    bulletin = make_bulletin()
    answer = upload(client, bulletin, written(photo(), "JPEG"), "photo.jpg")
    assert "Say in words what the image shows." in said(client, answer)
    assert "items-0-image_alt" in str(answer.context["inline_admin_formsets"][1].formset.forms[0]["image_alt"])
    answer = upload(client, bulletin, written(photo(), "JPEG"), "photo.jpg", **{"items-0-image_alt": "A house."})
    assert answer.status_code == 302
    item = NewsItem.objects.get()
    assert (item.image_width, item.image_height) == (300, 200)


# Addresses, days and two people at once


def test_a_taken_address_is_refused_and_names_the_issue_that_has_it(client, editor):
    first, second = make_bulletin(title="The first of March", slug="march"), make_bulletin(slug="march-2")
    answer = posted(client, second, slug=first.slug)
    assert "“The first of March” has this address already, 2026/march" in answer.content.decode()


@pytest.fixture
def june():
    return PublicationDay.objects.create(month=datetime.date(2031, 6, 1), date=datetime.date(2031, 6, 4))


def moved(client, day, date: str, **fields):
    url = reverse("admin:bulletins_publicationday_change", args=[day.pk])
    return client.post(url, {"date": date, "reason": "an inset day", "state": day.state, **fields})


@pytest.mark.parametrize(
    ("now", "date", "words"),
    [
        ("2031-06-03T12:00Z", "2031-07-02", "Choose a day inside the month."),
        ("2031-06-03T12:00Z", "2031-06-02", "The hour of Monday 2 June 2031 is past"),
        ("2031-06-03T12:00Z", "2031-06-03", "The hour of Tuesday 3 June 2031 is past"),
        ("2031-06-03T12:00Z", "2031-06-31", "Enter a valid date"),
    ],
)
def test_a_day_is_not_moved_out_of_its_month_nor_into_the_past(client, editor, june, now, date, words):
    with time_machine.travel(datetime.datetime.fromisoformat(now), tick=False):
        client.force_login(editor)
        assert words in moved(client, june, date).content.decode()
        june.refresh_from_db()
        assert june.date == datetime.date(2031, 6, 4)
        assert moved(client, june, "2031-06-10").status_code == 302


def test_a_day_whose_issue_is_out_stays_where_it_is(client, editor, june):
    make_approved(month=june.month, publish_at=june.publish_at(), title="June news")
    with time_machine.travel(june.publish_at() + datetime.timedelta(minutes=1), tick=False):
        client.force_login(editor)
        page = moved(client, june, "2031-06-10").content.decode()
    assert "“June news” is out since Wednesday 4 June 2031: its day stays what it was." in page


def test_who_approves_second_is_told_who_was_first_and_when():
    bulletin, first, second = make_bulletin(), make_staff("first"), make_staff("second")
    approve(bulletin, first, datetime.datetime(2026, 3, 3, 9, 0, 3, tzinfo=datetime.UTC))
    with pytest.raises(ValidationError) as refused:
        approve(bulletin, second, MARCH)
    assert refused.value.messages == ["This issue is approved already: first did so on 3 March 2026, 09:00:03."]


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_are_one_approval():
    bulletin, people = make_bulletin(), [make_staff("first"), make_staff("second")]

    def press() -> str:
        try:
            return str(approve(bulletin, people.pop(), timezone.now()).by)
        except ValidationError as error:
            return error.messages[0]

    answers = at_once(2, press)
    winner = Approval.objects.get().by.get_username()
    assert sorted(answers, key=len)[0] == winner
    assert f"approved already: {winner} did so on" in sorted(answers, key=len)[1]


def test_who_sends_second_is_told_who_was_first_and_when():
    make_publication()
    bulletin, first = make_approved(), make_staff("first")
    send_now(bulletin, first, "why", MARCH)
    with pytest.raises(ValidationError, match="started already by first, on 04 March 2026 at 07:30:00"):
        send_now(bulletin, make_staff("second"), "why", MARCH + DAY)


@pytest.mark.parametrize("hour", ["25:00", "7.30", "", "noon"])
def test_an_hour_that_no_clock_shows_is_refused(admin_client, hour):
    make_publication()
    fields = {"name": "Example", "publication_hour": hour, "links-TOTAL_FORMS": "0", "links-INITIAL_FORMS": "0"}
    answer = admin_client.post("/admin/publication/publication/1/change/", fields, secure=True)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["publication_hour"]


# Addresses that are made up


@pytest.mark.parametrize("host", ["evil.example", "bulletin.example.org.evil.example", "a b", "[::1", "x" * 300])
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/subscribe/"])
def test_a_foreign_host_is_a_bad_request(client, host, path):
    assert client.get(path, headers={"host": host}).status_code == 400


def test_a_forwarded_host_is_ignored(client):
    make_approved()
    page = client.get("/bulletins/2026/march/", headers={"x-forwarded-host": "evil.example"})
    assert page.status_code == 200
    assert b"evil.example" not in page.content


def test_a_sections_text_is_checked_like_any_other(client, editor):
    bulletin = make_bulletin()
    make_section(bulletin, heading="Notices", position=9)
    answer = posted(client, bulletin, **{"sections-1-body": '<a href="page.html">x</a>'})
    assert "The link “page.html” leads nowhere" in answer.content.decode()
