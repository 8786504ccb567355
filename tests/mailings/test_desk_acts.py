"""What a person does on a mailing's page: each act once, by somebody, with a reason."""

import pytest
from django.urls import reverse

from mailings.models import Mailing, MailingAct
from mailings.progress import kept
from tests.factories import MARCH, make_staff
from tests.mailings.cast import MINUTE, make_mailing, make_readers, put, states, stop

pytestmark = pytest.mark.django_db

VERBS = ["pause", "resume", "cancel", "retry", "missed"]


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """The database's clock, a minute after the opening, and nothing counted yet."""
    monkeypatch.setattr("mailings.instants.database_now", lambda: MARCH + MINUTE)
    kept.forget()


@pytest.fixture
def grace(client):
    grace = make_staff("grace", "view_mailing", "steer_mailing")
    client.force_login(grace)
    return grace


def do(client, mailing, verb, **fields):
    """Press the button of an act; return what the page then says."""
    answer = client.post(reverse(f"mailings:{verb}", args=[mailing.pk]), fields, follow=True)
    return " ".join(answer.content.decode().split())


def look(client, mailing, verb):
    """Return what the page of an act says before."""
    return " ".join(client.get(reverse(f"mailings:{verb}", args=[mailing.pk])).content.decode().split())


def acts():
    return [(act.act, str(act.by), act.why) for act in MailingAct.objects.order_by("pk")]


def end(mailing, *final):
    """Bring the letters to their ends, in order, and close the mailing."""
    for delivery, state in zip(mailing.deliveries.order_by("subscriber__address"), final, strict=True):
        way = {"sent": ["claimed", "on_wire"], "failed": ["claimed"], "abandoned": ["claimed", "on_wire", "unknown"]}
        for step in [*way.get(state, []), state]:
            put(delivery, step)
    numbers = {state: final.count(state) for state in ("sent", "skipped", "failed", "abandoned")}
    Mailing.objects.update(state="finished", finished_at=MARCH + MINUTE, **numbers)


def state():
    return Mailing.objects.get().state


def test_one_press_pauses_and_says_who(client, grace):
    mailing = make_mailing(readers=2)
    words = do(client, mailing, "pause")
    assert "It is paused" in words
    assert "<strong>grace</strong> paused it" in words
    assert state() == "paused"
    assert acts() == [("pause", "grace", "no reason given")]


def test_a_reason_is_kept_with_the_act(client, grace):
    do(client, make_mailing(readers=1), "pause", reason="a <b>typo</b>")
    assert acts() == [("pause", "grace", "a <b>typo</b>")]


@pytest.mark.parametrize("reason", ["two\nlines", "x" * 201, "a\x00b"])
def test_a_reason_is_one_short_line(client, grace, reason):
    do(client, make_mailing(readers=1), "pause", reason=reason)
    assert acts() == []


def test_a_second_press_is_told_what_happened(client, grace):
    mailing = make_mailing(readers=1)
    do(client, mailing, "pause", reason="a typo")
    client.force_login(make_staff("alan", "view_mailing", "steer_mailing"))
    words = do(client, mailing, "pause")
    assert "Nothing was changed: it is paused. grace paused it on 4 March, 07:31:00 (“a typo”)." in words
    assert len(acts()) == 1


def test_resume_goes_on(client, grace):
    mailing = make_mailing(readers=1)
    do(client, mailing, "pause")
    assert "It goes on." in do(client, mailing, "resume", reason="mended")
    assert state() == "sending"
    assert acts()[-1] == ("resume", "grace", "mended")


def test_cancel_says_how_many_have_it_and_how_many_will_not(client, grace):
    mailing = make_mailing(readers=3)
    put(mailing.deliveries.first(), "claimed")
    put(mailing.deliveries.get(state="claimed"), "on_wire")
    put(mailing.deliveries.get(state="on_wire"), "sent")
    words = look(client, mailing, "cancel")
    assert "1 reader has it, and no letter can be recalled." in words
    assert "2 readers will not get it" in words
    assert "Send to those missed" in words


def test_cancel_wants_a_tick_and_a_reason(client, grace):
    mailing = make_mailing(readers=1)
    assert "Tick that you are sure." in do(client, mailing, "cancel", reason="wrong issue")
    do(client, mailing, "cancel", sure="on")
    assert state() == "sending"
    do(client, mailing, "cancel", sure="on", reason="wrong issue")
    assert state() == "cancelled"
    assert acts() == [("cancel", "grace", "wrong issue")]


def test_retry_sends_what_failed_to_those_who_still_read(client, grace):
    mailing = make_mailing(readers=4)
    end(mailing, "sent", "failed", "failed", "abandoned")
    mailing.deliveries.filter(state="failed").first().subscriber.delete()
    words = look(client, mailing, "retry")
    assert "2 letters failed; 1 of their readers still read, and are tried again." in words
    assert "1 letter perhaps arrived" in words
    assert "they may get a second copy" in words
    assert "Tried again: 1." in do(client, mailing, "retry", reason="their server is back")
    assert states(mailing) == {"abandoned": 1, "failed": 1, "queued": 1, "sent": 1}
    assert state() == "sending"


def test_what_perhaps_arrived_goes_again_only_at_a_tick(client, grace):
    mailing = make_mailing(readers=2)
    end(mailing, "sent", "abandoned")
    assert "Nothing was changed" in do(client, mailing, "retry")
    assert "Tried again: 1." in do(client, mailing, "retry", abandoned="on")
    assert states(mailing) == {"queued": 1, "sent": 1}


def test_send_to_those_missed_reaches_nobody_else(client, grace):
    mailing = make_mailing(readers=3)
    end(mailing, "sent", "skipped", "abandoned")
    make_readers(2, first=10)
    assert "3 readers of today have no letter of this mailing" in look(client, mailing, "missed")
    assert "On their way now: 3." in do(client, mailing, "missed", reason="they joined since")
    assert states(mailing) == {"abandoned": 1, "queued": 3, "sent": 1}
    assert acts() == [("missed", "grace", "they joined since")]


def test_a_cancelled_mailing_is_completed_only_once_it_is_settled(client, grace):
    mailing = make_mailing(readers=2)
    stop("cancelled")
    make_readers(1, first=10)
    assert "Nothing was changed" in do(client, mailing, "missed")
    assert (state(), acts()) == ("cancelled", [])


def test_nobody_missed_is_said_and_offers_no_button(client, grace):
    mailing = make_mailing(readers=1)
    end(mailing, "sent")
    words = look(client, mailing, "missed")
    assert "Nobody was missed" in words
    assert "csrfmiddlewaretoken" not in words.split('class="release"')[1]


@pytest.mark.parametrize(
    ("where", "offered"),
    [
        ("sending", ["pause", "cancel"]),
        ("paused", ["resume", "cancel"]),
        ("cancelled", []),
    ],
)
def test_only_what_is_possible_is_offered(client, grace, where, offered):
    mailing = make_mailing(readers=1)
    stop(where)
    words = look_at(client, mailing)
    assert [verb for verb in VERBS if f'id="do-{verb}"' in words] == offered
    for verb in set(VERBS) - set(offered):
        assert "This cannot be done now" in look(client, mailing, verb)


def look_at(client, mailing):
    return client.get(reverse("admin:mailings_mailing_change", args=[mailing.pk])).content.decode()


def test_a_settled_mailing_offers_to_complete_it(client, grace):
    mailing = make_mailing(readers=2)
    end(mailing, "sent", "failed")
    words = look_at(client, mailing)
    assert [verb for verb in VERBS if f'id="do-{verb}"' in words] == ["retry", "missed"]


def test_the_acts_stand_the_newest_first_with_the_clock_among_them(client, grace):
    mailing = make_mailing(readers=1)
    MailingAct.objects.create(mailing=mailing, by=None, act="pause", at=MARCH, why="the relay is away")
    do(client, mailing, "pause", reason="a typo")
    words = " ".join(look_at(client, mailing).split())
    listed = words[words.index("What was done") :]
    assert listed.index("<strong>grace</strong> paused it") < listed.index("<strong>The clock</strong> paused it")


@pytest.mark.parametrize("verb", VERBS)
def test_looking_changes_nothing(client, grace, verb):
    mailing = make_mailing(readers=1)
    look(client, mailing, verb)
    client.head(reverse(f"mailings:{verb}", args=[mailing.pk]))
    assert (state(), acts(), states(mailing)) == ("sending", [], {"queued": 1})


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_without_the_permission_steers(client, verb):
    mailing = make_mailing(readers=1)
    place = reverse(f"mailings:{verb}", args=[mailing.pk])
    assert client.post(place).status_code == 302
    client.force_login(make_staff("ed", "view_mailing", "view_delivery", "change_mailing"))
    assert (client.get(place).status_code, client.post(place).status_code) == (403, 403)
    assert acts() == []
    assert 'class="verbs"' not in look_at(client, mailing)


def test_a_press_from_elsewhere_is_refused(grace, client):
    mailing = make_mailing(readers=1)
    client.handler.enforce_csrf_checks = True
    assert client.post(reverse("mailings:pause", args=[mailing.pk])).status_code == 403
    assert state() == "sending"


def test_without_a_broker_the_act_holds_and_says_when_it_begins(client, grace, unreachable_broker):
    mailing = make_mailing(readers=1)
    stop("paused")
    words = do(client, mailing, "resume")
    assert "the broker (REDIS_URL) is away" in words
    assert state() == "sending"


def test_characters_that_turn_words_around_are_left_out_of_a_reason(client, grace):
    mailing = make_mailing(readers=2)
    client.post(reverse("mailings:pause", args=[mailing.pk]), {"reason": "abc\u202edef"})
    assert mailing.acts.get().why == "abcdef"
