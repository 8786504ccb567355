"""The next step, from facts to one button: each standing for each role, in one table."""

import datetime

import pytest

from mailings.steps import Matter, Standing, Viewer, button, one_of, steps

DECEMBER = datetime.date(2026, 12, 1)
HOUR = datetime.datetime(2026, 12, 2, 7, 30, tzinfo=datetime.UTC)
READER = Viewer("ruth", looks=True)
EDITOR = Viewer("erin", starts=True, writes=True, looks=True, sees_mailings=True, sees_days=True)
APPROVER = Viewer("grace", True, True, True, approves=True, steers=True, sees_mailings=True, sees_days=True)
LAST = Viewer("alan", True, True, True, approves=True, steers=True, sees_mailings=True, sees_days=True)
UNCLEAN = "One thing blocks."
UNREADY = ("It has nothing to read yet: write a section or an item.",)


def matter(standing: str, **facts) -> Matter:
    """Return December's issue, written last by alan; `none` leaves the issue out."""
    issue = {"issue": 7, "title": "December", "last_editor": "Alan", "barred": "alan", "approvers": ("Grace", "Ida")}
    given = {} if facts.pop("none", False) else issue
    return Matter(Standing(standing), DECEMBER, **{"hour": HOUR, **given, **facts})


def label(what: Matter, who: Viewer) -> str | None:
    found = button(what, steps(what, who), who)
    return found.label if found else None


START, WRITE, APPROVE = "Start December’s issue", "Go on writing", "Check and approve"
CHECK = "Go through the checklist"
SEE, HOW, LOOK = "See what goes out", "See how it goes", "Look at the issue"


@pytest.mark.parametrize(
    ("what", "reader", "editor", "approver", "last"),
    [
        (matter("no day", none=True), None, *["See the publication days"] * 3),
        (matter("not started", none=True), None, START, START, START),
        (matter("draft", unready=UNREADY), LOOK, WRITE, WRITE, WRITE),
        (matter("draft", unclean=UNCLEAN), LOOK, CHECK, CHECK, CHECK),
        (matter("draft", unready=UNREADY, unclean=UNCLEAN), LOOK, WRITE, WRITE, WRITE),
        (matter("draft"), LOOK, WRITE, APPROVE, WRITE),
        (matter("draft", barred=""), LOOK, WRITE, APPROVE, APPROVE),
        (matter("approved", is_approved=True), SEE, SEE, SEE, SEE),
        (matter("approved", is_approved=True, sends_here=False), SEE, SEE, SEE, SEE),
        (matter("due", is_approved=True), SEE, SEE, SEE, SEE),
        (matter("held", none=True), None, START, START, START),
        (matter("held", unready=UNREADY), LOOK, WRITE, WRITE, WRITE),
        (matter("held"), LOOK, WRITE, APPROVE, WRITE),
        (matter("held", is_approved=True), SEE, SEE, APPROVE, SEE),
        (matter("missed", none=True), None, START, START, START),
        (matter("missed"), LOOK, WRITE, APPROVE, WRITE),
        (matter("missed", is_approved=True), SEE, SEE, "Send it now…", "Send it now…"),
        (matter("missed", is_approved=True, sends_here=False), SEE, SEE, SEE, SEE),
        (matter("sending", mailing=3, is_approved=True), None, HOW, HOW, HOW),
        (matter("paused", mailing=3, is_approved=True), None, HOW, *["See why it is paused"] * 2),
    ],
    ids=lambda value: f"{value.standing}" if isinstance(value, Matter) else None,
)
def test_each_person_is_offered_what_they_may_do(what, reader, editor, approver, last):
    assert [label(what, who) for who in (READER, EDITOR, APPROVER, LAST)] == [reader, editor, approver, last]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (matter("not started", none=True), [("December’s issue must be started.", "An editor")]),
        (matter("draft"), [("It must be checked and approved.", "An approver: Grace or Ida")]),
        (
            matter("draft", unready=UNREADY),
            [
                (UNREADY[0], "An editor; Alan wrote last"),
                ("It must be checked and approved.", "An approver: Grace or Ida"),
            ],
        ),
        (
            matter("held", is_approved=True),
            [
                (
                    "It must be looked at and approved again: it cannot go out as it is.",
                    "An approver: Grace or Ida",
                )
            ],
        ),
        (
            matter("missed"),
            [
                ("It must be checked and approved.", "An approver: Grace or Ida"),
                ("It must be sent by hand, or the day skipped.", "An approver"),
            ],
        ),
        (
            matter("missed", is_approved=True),
            [("It must be sent by hand, or the day skipped.", "An approver")],
        ),
        (matter("approved", is_approved=True), []),
        (matter("sending", mailing=3), []),
        (
            matter("draft", approvers=()),
            [("It must be checked and approved.", "Nobody may: somebody else must get the role approver")],
        ),
    ],
)
def test_what_is_missing_and_who_must_do_it(what, expected):
    assert [(step.words, step.who) for step in steps(what, EDITOR)] == expected


def test_who_only_approves_is_not_offered_what_is_not_written_yet():
    olive = Viewer("olive", looks=True, approves=True)
    offered = [label(matter("draft", **facts), olive) for facts in ({}, {"unready": UNREADY}, {"unclean": UNCLEAN})]
    assert offered == [APPROVE, LOOK, LOOK]


def test_the_last_editor_is_told_why_it_is_not_theirs():
    assert steps(matter("draft"), LAST)[0].who == "An approver: Grace or Ida, not you: you edited it last"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Ada",), "Ada"),
        (("Ada", "Ben"), "Ada or Ben"),
        (("Ada", "Ben", "Cy"), "Ada, Ben or Cy"),
        (("Ada", "Ben", "Cy", "Di", "Ed"), "Ada, Ben, Cy or 2 more"),
    ],
)
def test_names_are_a_choice(names, words):
    assert one_of(names) == words


def test_the_buttons_lead_where_the_step_is_done():
    def address(what: Matter) -> str:
        found = button(what, steps(what, APPROVER), APPROVER)
        return found.address if found else ""

    assert address(matter("not started", none=True)) == "/admin/bulletins/bulletin/add/?month=2026-12-01"
    assert address(matter("draft", unready=UNREADY)) == "/admin/bulletins/bulletin/7/change/"
    assert address(matter("draft", unclean=UNCLEAN)) == "/admin/issues/7/check/"
    assert address(matter("draft")) == "/admin/issues/7/approve/"
    assert address(matter("missed", is_approved=True)) == "/admin/issues/7/send-now/"
    assert address(matter("paused", mailing=3)) == "/admin/mailings/mailing/3/change/"


def test_the_most_urgent_comes_first_and_then_the_soonest():
    later = HOUR + datetime.timedelta(days=7)
    rows = [
        Matter(Standing.NO_DAY),
        matter("approved", hour=later),
        matter("draft"),
        matter("sending"),
        matter("missed"),
        matter("paused"),
    ]
    found = [row.standing.value for row in sorted(rows, key=lambda row: row.urgency)]
    assert found == ["paused", "missed", "sending", "draft", "approved", "no day"]
