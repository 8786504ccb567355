"""A letter about a correction: written and looked at on its own page, sent once, to those who got the issue."""

import datetime
import re
from email import message_from_bytes
from email.policy import default
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from bulletins.approval import withdraw
from bulletins.models import Bulletin, Correction, PublicationDay
from mailings import ledger, rounds, steering, sweeps
from mailings.clock import tick
from mailings.correction import Request, Wording, freeze_correction, send_correction, whom
from mailings.forecast import unmailed
from mailings.letter import letter_of
from mailings.mime import Reader, slot, unstuffed
from mailings.models import Mailing
from mailings.opening import due
from mailings.readiness import lying
from mailings.reports import balance
from mailings.rounds import Round
from mailings.sending import drain
from publication.models import SenderClaim
from subscribers.models import Subscriber, Suppression
from tests.factories import MARCH, make_bulletin, make_published, make_staff
from tests.mailings.cast import DAY, HOUR, MINUTE, at_once, body_of, make_mailing, make_readers, put, states

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
LATER = MARCH + DAY
NOTE = "The webinar is on 12 March, not on 11 March as we wrote."
WORDING = Wording("Correction: March 2026 e-bulletin", f"<p>{NOTE}</p>")


@pytest.fixture
def by():
    return make_staff("approver", "approve_bulletin", "view_bulletin", "view_mailing")


@pytest.fixture
def mailing():
    """An issue's mailing to six that is over: one letter in each end it can have."""
    mailing = make_mailing(readers=6)
    ends = ["sent", "sent", "sent", "failed", "abandoned", "skipped"]
    for delivery, end in zip(mailing.deliveries.order_by("subscriber__address"), ends, strict=True):
        through(delivery, end)
    sweeps.finish(MARCH + HOUR)
    mailing.refresh_from_db()
    assert mailing.state == "finished"
    return mailing


def through(delivery, end):
    steps = {"skipped": ["skipped"], "failed": ["claimed", "failed"], "sent": ["claimed", "on_wire", "sent"]}
    for state in steps.get(end, ["claimed", "on_wire", "unknown", "abandoned"]):
        put(delivery, state)


def reader(number):
    return Subscriber.objects.get(address=f"reader{number}@example.org")


def to(mailing):
    return sorted(mailing.deliveries.values_list("subscriber__address", flat=True))


def seen_of(bulletin, wording=WORDING):
    return freeze_correction(Bulletin.objects.get(pk=bulletin.pk), wording, LATER).content_hash()


def sent(bulletin, by, number=1, wording=WORDING, at=LATER):
    return send_correction(bulletin, wording, Request(number, seen_of(bulletin, wording)), by, at)


def finished(mailing):
    for delivery in mailing.deliveries.filter(state="queued"):
        through(delivery, "sent")
    sweeps.finish(LATER + HOUR)
    return Mailing.objects.get(pk=mailing.pk)


# Whom it reaches


def test_it_goes_to_those_whose_copy_was_sent_and_nobody_else(mailing, by):
    make_readers(2, first=10)
    correction = sent(mailing.bulletin, by)
    assert to(correction) == ["reader0@example.org", "reader1@example.org", "reader2@example.org"]
    assert (correction.number, correction.planned, correction.state) == (1, 3, "sending")
    assert states(correction) == {"queued": 3}


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_who_left_gets_none(mailing, by, status):
    Subscriber.objects.filter(pk=reader(0).pk).update(status=status)
    assert to(sent(mailing.bulletin, by)) == ["reader1@example.org", "reader2@example.org"]


def test_who_is_suppressed_gets_none(mailing, by):
    Suppression.objects.create(address_hash=reader(1).address_hash, reason="complaint", at=MARCH)
    assert to(sent(mailing.bulletin, by)) == ["reader0@example.org", "reader2@example.org"]


def test_who_was_erased_gets_none_even_after_joining_anew(mailing, by):
    gone = reader(2)
    gone.delete()
    make_readers(1, first=2)
    assert to(sent(mailing.bulletin, by)) == ["reader0@example.org", "reader1@example.org"]


def test_whoever_got_another_issue_gets_none(mailing, by):
    other = make_bulletin(title="April", month=datetime.date(2026, 4, 1))
    Bulletin.objects.filter(pk=other.pk).update(status="approved")
    with pytest.raises(ValidationError, match="never mailed"):
        sent(other, by)


def test_a_second_correction_reaches_the_same(mailing, by):
    finished(sent(mailing.bulletin, by))
    Subscriber.objects.filter(pk=reader(0).pk).update(status="unsubscribed")
    assert to(sent(mailing.bulletin, by, number=2)) == ["reader1@example.org", "reader2@example.org"]
    assert sorted(Mailing.objects.values_list("number", flat=True)) == [0, 1, 2]


def test_the_number_in_words_is_the_number_planned(mailing, by):
    Subscriber.objects.filter(pk=reader(0).pk).update(status="unsubscribed")
    assert whom(mailing.bulletin) == (
        "It goes to 2 readers. The issue was sent to 3; 1 of them has left since, or cannot be written to."
    )
    assert ledger.count_audience(mailing.bulletin_id, 1) == sent(mailing.bulletin, by).planned == 2


def test_send_to_those_missed_reaches_only_its_own_audience(mailing, by):
    correction = finished(sent(mailing.bulletin, by))
    make_readers(3, first=10)
    assert steering.missed(correction) == 0
    assert steering.send_missed(correction, by, "for the test", LATER + DAY) == 0
    # Two who joined since get the issue, and only then are they missed by the correction.
    assert steering.send_missed(mailing, by, "for the test", LATER + DAY) == 4
    finished(mailing)
    assert steering.missed(correction) == 4
    assert steering.send_missed(correction, by, "for the test", LATER + DAY) == 4
    assert correction.deliveries.count() == 7
    assert set(to(correction)) == set(
        mailing.deliveries.filter(state="sent").values_list("subscriber__address", flat=True)
    )


def test_a_retry_of_the_correction_reaches_only_whom_it_failed(mailing, by):
    correction = sent(mailing.bulletin, by)
    for delivery, end in zip(correction.deliveries.order_by("pk"), ["sent", "failed", "sent"], strict=True):
        through(delivery, end)
    sweeps.finish(LATER + HOUR)
    assert steering.retry(correction, by, "for the test", LATER + DAY) == 1
    assert states(Mailing.objects.get(pk=correction.pk)) == {"queued": 1, "sent": 2}


def test_the_issues_own_mailing_counts_as_before(mailing, by):
    make_readers(2, first=10)
    sent(mailing.bulletin, by)
    assert steering.missed(mailing) == 3
    assert not due(LATER).exists()
    assert not unmailed(PublicationDay.objects.filter(month=mailing.bulletin.month)).exists()


# What it is


def letter_to(mailing, number=0):
    delivery = mailing.deliveries.order_by("subscriber__address")[number]
    person = Reader(delivery.subscriber.address, delivery.message_id, delivery.subscriber.letter_token)
    return message_from_bytes(unstuffed(letter_of(mailing).for_reader(person)), policy=default)


def test_the_letter_is_in_the_same_dress_with_the_same_headers(mailing, by):
    issue, letter = letter_to(mailing), letter_to(sent(mailing.bulletin, by))
    assert letter["Subject"] == WORDING.subject
    for name in ("From", "Reply-To", "List-Id", "List-Archive", "List-Unsubscribe-Post", "To"):
        assert letter[name] == issue[name]
    token = reader(0).letter_token
    assert letter["List-Unsubscribe"].endswith(f"/unsubscribe/{token}/>")
    assert re.fullmatch(r"<b\d+\.[0-9a-f]{32}@[^>]+>", letter["Message-ID"])
    assert letter["Message-ID"] != issue["Message-ID"]
    for kind in ("plain", "html"):
        body = body_of(letter, kind)
        assert NOTE in " ".join(body.split())
        assert f"/unsubscribe/{token}/" in body
        assert mailing.bulletin.get_absolute_url() in body
        assert "because we sent you that issue" in body
        assert "\x02" not in body


def test_it_is_frozen_and_hashed(mailing, by):
    correction = sent(mailing.bulletin, by)
    assert correction.content_hash == seen_of(mailing.bulletin)
    assert slot("token") in correction.html and slot("token") in correction.text
    Bulletin.objects.filter(pk=mailing.bulletin_id).update(title="Another title")
    assert "Another title" not in Mailing.objects.get(pk=correction.pk).html


def test_a_subject_is_escaped(mailing):
    wording = Wording("Correction: <b>x</b>", "<p>a</p>")
    html = freeze_correction(mailing.bulletin, wording, LATER).html
    assert "Correction: &lt;b&gt;x&lt;/b&gt;</h1>" in html


def test_an_issue_that_was_taken_down_is_not_pointed_at(mailing, by):
    withdraw(mailing.bulletin, "It named a child.")
    assert "as it stands now" not in sent(mailing.bulletin, by).html


# Who may send it, and once


def test_a_mailing_that_is_not_over_is_waited_for(by):
    mailing = make_mailing(readers=2)
    through(mailing.deliveries.first(), "sent")
    with pytest.raises(ValidationError, match="not over yet"):
        sent(mailing.bulletin, by)


def test_nobody_to_write_to_is_said(mailing, by):
    Subscriber.objects.update(status="unsubscribed")
    with pytest.raises(ValidationError, match="nobody to write to"):
        sent(mailing.bulletin, by)


def test_a_copy_of_the_database_sends_none(mailing, by):
    SenderClaim.objects.create(identity="https://elsewhere.example.org", at=MARCH, by=by, why="for the test")
    with pytest.raises(ValidationError, match="claim the sending first"):
        sent(mailing.bulletin, by)


def test_whoever_corrected_it_asks_a_second_person(mailing, by):
    Bulletin.objects.update(last_edited_by=by)
    with pytest.raises(ValidationError, match="second person must send"):
        sent(mailing.bulletin, by)
    assert sent(mailing.bulletin, make_staff("second")).number == 1


def test_what_was_not_shown_is_not_sent(mailing, by):
    with pytest.raises(ValidationError, match="not what you were shown"):
        send_correction(mailing.bulletin, WORDING, Request(1, "0" * 64), by, LATER)
    seen = seen_of(mailing.bulletin)
    Bulletin.objects.filter(pk=mailing.bulletin_id).update(title="Another title")
    with pytest.raises(ValidationError, match="not what you were shown"):
        send_correction(mailing.bulletin, WORDING, Request(1, seen), by, LATER)
    assert Mailing.objects.count() == 1


def test_a_second_request_is_told_of_the_first(mailing, by):
    sent(mailing.bulletin, by)
    with pytest.raises(ValidationError, match=r"was sent meanwhile by approver, on 5 March, 07:30:00"):
        sent(mailing.bulletin, by)
    assert Mailing.objects.filter(number=1).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_make_one_mailing():
    by, mailing = make_staff("approver"), make_mailing(readers=5)
    finished(mailing)
    seen = seen_of(mailing.bulletin)

    def press():
        try:
            return send_correction(mailing.bulletin, WORDING, Request(1, seen), by, LATER).pk
        except ValidationError as error:
            return str(error)

    answers = at_once(4, press)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum("was sent meanwhile" in str(answer) for answer in answers) == 3
    correction = Mailing.objects.get(number=1)
    assert correction.deliveries.count() == correction.planned == 5
    assert correction.acts.count() == 1


def test_who_sent_it_is_written_down(mailing, by):
    act = sent(mailing.bulletin, by).acts.get()
    assert (act.by, act.act, act.at, act.why) == (by, "send now", LATER, "a letter about a correction")


# Its mailing is one like any other


def test_its_ledger_balances_and_it_finishes(mailing, by):
    correction = sent(mailing.bulletin, by)
    assert balance(correction).holds
    correction = finished(correction)
    assert (correction.state, correction.sent, correction.planned) == ("finished", 3, 3)
    assert not lying(LATER + DAY).exists()


def test_a_reader_who_leaves_meanwhile_is_skipped(mailing, by):
    correction = sent(mailing.bulletin, by)
    Subscriber.objects.filter(pk=reader(0).pk).update(status="unsubscribed")
    owner = "00000000-0000-4000-8000-000000000009"
    claims = ledger.claim(correction.pk, owner, LATER + MINUTE)
    gone = next(claim for claim in claims if claim.address == "reader0@example.org")
    ids = {claim.id for claim in claims}
    marked = rounds.record(owner, correction.pk, Round(marks=dict.fromkeys(ids, "")), LATER + MINUTE)
    assert marked == ids - {gone.id}
    assert ledger.skip_gone(ids, owner) == 1
    assert correction.deliveries.get(pk=gone.id).state == "skipped"


def test_the_clock_opens_none_by_itself(mailing):
    Correction.objects.create(bulletin=mailing.bulletin, at=LATER, by=make_staff("x"), note=NOTE)
    tick(LATER)
    assert Mailing.objects.count() == 1


def test_its_desk_its_file_and_the_list_say_what_it_is(client, mailing, by):
    correction = finished(sent(mailing.bulletin, by))
    client.force_login(make_staff("grace", is_superuser=True))
    desk = unescape(client.get(reverse("admin:mailings_mailing_change", args=[correction.pk])).content.decode())
    assert "Correction 1" in desk and "3 of 3 sent" in desk and "sent it by hand" in desk
    answer = client.post(reverse("mailings:ledger", args=[correction.pk]), {"password": PASSWORD})
    assert "2026-march-correction-1-ledger.csv" in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content).count(b"@example.org") >= 3
    assert (
        "March 2026 e-bulletin, correction 1"
        in client.get(reverse("admin:mailings_mailing_changelist")).content.decode()
    )
    missed = unescape(client.get(reverse("mailings:missed", args=[correction.pk])).content.decode())
    assert "Nobody was missed: whoever got the issue has a letter of this mailing." in missed
    assert "3 of 6 sent" in client.get(reverse("admin:bulletins_bulletin_changelist")).content.decode()


# Its page


CONFIRMED = {"send": "", "confirmation": "March ", "password": PASSWORD}


def address(mailing):
    return reverse("mailings:correction_letter", args=[mailing.bulletin_id])


def words(answer):
    return unescape(answer.content.decode())


@pytest.fixture
def desk(client, by, mailing):
    by.set_password(PASSWORD)
    by.save()
    client.force_login(by)
    return client


def look(client, mailing, **fields):
    """Have the letter shown; return the answer and the fields that a browser would send then."""
    given = {"subject": WORDING.subject, "body": WORDING.body, "number": "1", **fields}
    answer = client.post(address(mailing), {**given, "preview": ""})
    return answer, {**given, "seen": (answer.context["preview"] or {}).get("seen", "")}


def test_it_begins_with_the_note_and_says_who_gets_it(desk, mailing):
    Correction.objects.create(bulletin=mailing.bulletin, at=LATER, by=make_staff("x"), note=f"{NOTE} <b>&")
    answer = desk.get(address(mailing))
    page = words(answer)
    assert "It goes to 3 readers: everybody whose copy of the issue was sent." in page
    assert answer.context["form"].initial["subject"] == "Correction: March 2026 e-bulletin"
    assert answer.context["form"].initial["body"] == f"<p>{NOTE} &lt;b&gt;&amp;</p>"
    assert f"&lt;p&gt;{escape(NOTE)} &amp;lt;b&amp;gt;&amp;amp;&lt;/p&gt;" in answer.content.decode()
    assert "Send this letter" not in page
    assert Mailing.objects.count() == 1


def test_it_is_shown_before_it_is_sent_and_the_shown_is_the_sent(desk, mailing):
    answer, given = look(desk, mailing)
    assert NOTE in words(answer)
    assert "<iframe sandbox" in answer.content.decode()
    assert Mailing.objects.count() == 1
    answer = desk.post(address(mailing), {**given, **CONFIRMED})
    correction = Mailing.objects.get(number=1)
    assert answer.url == reverse("admin:mailings_mailing_change", args=[correction.pk])
    assert correction.content_hash == given["seen"]
    assert "on its way to 3 readers" in words(desk.get(answer.url))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": ""}, "required"),
        ({"password": "guessed"}, "That is not your password."),
        ({"confirmation": ""}, "Type march to confirm that this letter goes out."),
        ({"confirmation": "april"}, "Type march to confirm"),
        ({"seen": ""}, "not what you were shown"),
        ({"body": "<p>Other words.</p>"}, "not what you were shown"),
        ({"subject": "Other"}, "not what you were shown"),
        ({"body": "<p> </p>"}, "required"),
        ({"body": "<p><strong></strong></p>"}, "Say what was wrong"),
        ({"subject": "a\x07b"}, "without control characters"),
        ({"subject": ""}, "required"),
        ({"number": "2"}, "out of date"),
        ({"number": "x"}, ""),
    ],
)
def test_what_is_not_right_is_not_sent(desk, mailing, changes, said):
    _, given = look(desk, mailing)
    answer = desk.post(address(mailing), {**given, **CONFIRMED, **changes})
    assert answer.status_code == 200
    assert said in words(answer)
    assert Mailing.objects.count() == 1


def test_pressing_twice_sends_once(desk, mailing):
    _, given = look(desk, mailing)
    first, second = (desk.post(address(mailing), {**given, **CONFIRMED}) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 200)
    assert "was sent meanwhile by approver" in words(second)
    assert Mailing.objects.filter(number__gt=0).count() == 1


def test_html_that_we_do_not_print_goes(desk, mailing):
    answer, given = look(desk, mailing, body='<p onclick="x">Words<script>alert(1)</script></p>')
    assert "<script>alert" not in answer.context["preview"]["html"]
    desk.post(address(mailing), {**given, **CONFIRMED})
    html = Mailing.objects.get(number=1).html
    assert "Words" in html and "<script>" not in html and "onclick" not in html


def test_who_may_not_approve_may_not_write_one(client, mailing):
    client.force_login(make_staff("editor", "change_bulletin", "view_bulletin"))
    assert client.get(address(mailing)).status_code == 403
    assert client.post(address(mailing), {}).status_code == 403


def test_an_issue_that_was_never_mailed_says_so(client, by):
    archived = make_published(datetime.date(2026, 2, 1))
    client.force_login(by)
    answer = client.get(reverse("mailings:correction_letter", args=[archived.pk]))
    assert "nobody has a copy" in words(answer)
    assert "Show how it will read" not in words(answer)


def test_the_write_screen_leads_there_once_it_is_out(client, mailing):
    client.force_login(make_staff("grace", is_superuser=True))
    change = reverse("admin:bulletins_bulletin_change", args=[mailing.bulletin_id])
    assert address(mailing) in client.get(change).content.decode()
    draft = make_bulletin(title="April", month=datetime.date(2026, 4, 1))
    assert (
        "correction-letter"
        not in client.get(reverse("admin:bulletins_bulletin_change", args=[draft.pk])).content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_it_arrives_once_at_each_who_got_the_issue(relay):
    by, mailing = make_staff("approver"), make_mailing(readers=4)
    first, *rest = mailing.deliveries.order_by("subscriber__address")
    through(first, "failed")
    for delivery in rest:
        through(delivery, "sent")
    finished(mailing)
    make_readers(2, first=10)
    correction = sent(mailing.bulletin, by, at=timezone.now())
    assert drain(correction.pk, 60) == 3
    assert drain(correction.pk, 60) == 0
    assert sorted(relay.addresses) == ["reader1@example.org", "reader2@example.org", "reader3@example.org"]
    for letter, (address, _) in zip(relay.letters(), relay.accepted, strict=True):
        assert (letter["Subject"], letter["To"], letter.defects) == (WORDING.subject, address, [])
        assert letter["Message-ID"] == correction.deliveries.get(subscriber__address=address).message_id
    assert balance(correction).counts["sent"] == 3
