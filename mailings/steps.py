"""What is to be done next about an issue, and who must do it: from facts to words, without asking the database."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse


class Standing(StrEnum):
    """Where an issue, or a publication day without one, stands."""

    NO_DAY = "no day"
    NOT_STARTED = "not started"
    DRAFT = "draft"
    APPROVED = "approved"
    DUE = "due"
    HELD = "held"
    MISSED = "missed"
    SENDING = "sending"
    PAUSED = "paused"


# What comes first where several matters are at hand; those of one rank come by their hour.
URGENCY = {Standing.HELD: 0, Standing.PAUSED: 0, Standing.MISSED: 1, Standing.SENDING: 2, Standing.DUE: 2}
URGENCY |= {Standing.NO_DAY: 5}
COMING = 4
MAILED = (Standing.SENDING, Standing.PAUSED)
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Matter:
    """One issue, or a day without one, with the facts on which its next step hangs.

    `unready` says what keeps anybody from approving it, `unclean` how much of its checklist is open; `barred` is the
    login of who edited it last and so may not, `approvers` are the names of all others who may; `history` tells of its
    approval, `told` what staff were told.
    """

    standing: Standing
    month: datetime.date = datetime.date.min
    hour: datetime.datetime | None = None
    issue: int | None = None
    title: str = ""
    special: bool = False
    mailing: int | None = None
    is_approved: bool = False
    unready: tuple[str, ...] = ()
    unclean: str = ""
    last_editor: str = ""
    barred: str = ""
    approvers: tuple[str, ...] = ()
    sends_here: bool = True
    history: str = ""
    told: str = ""

    @property
    def urgency(self) -> tuple[int, bool, datetime.datetime]:
        """What matters are sorted by: the most urgent first, then the soonest."""
        hour = self.hour or datetime.datetime.max.replace(tzinfo=datetime.UTC)
        return URGENCY.get(self.standing, COMING), self.hour is None, hour


@dataclass(frozen=True)
class Viewer:
    """Who looks, by login, and what they may do."""

    login: str = ""
    starts: bool = False
    writes: bool = False
    looks: bool = False
    approves: bool = False
    steers: bool = False
    sees_mailings: bool = False
    sees_days: bool = False


@dataclass(frozen=True)
class Step:
    """Something that is missing: what, who must do it, and the button for whoever may."""

    words: str
    who: str
    label: str = ""
    address: str = ""
    mine: bool = False


@dataclass(frozen=True)
class Button:
    """The one button of a matter."""

    label: str
    address: str
    urges: bool = True


def steps(matter: Matter, viewer: Viewer) -> list[Step]:
    """Return what is missing, in the order in which it is to be done; what more is found belongs in this list."""
    if matter.standing is Standing.NO_DAY:
        days = reverse("admin:bulletins_publicationday_changelist")
        words = "A publication day must be opened: none is on in the coming months."
        return [Step(words, "An editor", "See the publication days", days, viewer.sees_days)]
    if matter.standing is Standing.PAUSED:
        words = "Somebody must look why it stands still, and resume or cancel it."
        return [Step(words, "An approver", "See why it is paused", mailing_page(matter), viewer.steers)]
    if matter.standing in (*MAILED, Standing.APPROVED, Standing.DUE):
        return []
    if matter.issue is None:
        return [starting(matter, viewer)]
    found = [] if matter.is_approved and matter.standing is Standing.MISSED else to_release(matter, viewer)
    return [*found, sending(matter, viewer)] if matter.standing is Standing.MISSED else found


def starting(matter: Matter, viewer: Viewer) -> Step:
    """Return the step that starts an issue."""
    address = f"{reverse('admin:bulletins_bulletin_add')}?month={matter.month:%Y-%m-%d}"
    words = f"{matter.month:%B}’s issue must be started."
    if matter.standing is Standing.MISSED:
        words = f"{matter.month:%B}’s issue must be started, approved and sent by hand, or the day skipped."
    return Step(words, "An editor", f"Start {matter.month:%B}’s issue", address, viewer.starts)


def to_release(matter: Matter, viewer: Viewer) -> list[Step]:
    """Return what must happen to a draft before it may go out: an editor's part, then the approver's."""
    editor = f"An editor; {matter.last_editor} wrote last" if matter.last_editor else "An editor"
    page = issue_page(matter)
    writing = [Step(words, editor, "Go on writing", page, viewer.writes) for words in matter.unready]
    if matter.unclean and not matter.unready:
        words = f"Its checklist must be cleared: {matter.unclean[0].lower()}{matter.unclean[1:]}"
        check = reverse("mailings:check", args=[matter.issue])
        writing.append(Step(words, editor, "Go through the checklist", check, viewer.writes))
    may = viewer.approves and viewer.login != matter.barred and not writing
    address = reverse("mailings:approve", args=[matter.issue])
    return [*writing, Step(approving_words(matter), approvers(matter, viewer), "Check and approve", address, may)]


def approving_words(matter: Matter) -> str:
    """Say what the approver does."""
    if matter.is_approved:
        return "It must be looked at and approved again: it cannot go out as it is."
    return "It must be checked and approved."


def approvers(matter: Matter, viewer: Viewer) -> str:
    """Say who may approve, by role and by name."""
    if not matter.approvers:
        return "Nobody may: somebody else must get the role approver"
    barred = viewer.approves and viewer.login == matter.barred
    return f"An approver: {one_of(matter.approvers)}{', not you: you edited it last' if barred else ''}"


def one_of(names: tuple[str, ...]) -> str:
    """Write names as a choice: “Ada, Ben or Cy”."""
    shown = list(names[:NAMES_SHOWN])
    if rest := len(names) - len(shown):
        shown.append(f"{rest} more")
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]


def sending(matter: Matter, viewer: Viewer) -> Step:
    """Return the step that mails what was missed."""
    may = viewer.approves and matter.is_approved and matter.sends_here
    address = reverse("mailings:send_now", args=[matter.issue])
    return Step("It must be sent by hand, or the day skipped.", "An approver", "Send it now…", address, may)


def button(matter: Matter, todo: list[Step], viewer: Viewer) -> Button | None:
    """Return the one button: the first step that is this person's, else what they may look at; None for nothing."""
    mine = next((step for step in todo if step.mine), None)
    if mine:
        return Button(mine.label, mine.address)
    if matter.standing in MAILED:
        return Button("See how it goes", mailing_page(matter)) if viewer.sees_mailings else None
    if matter.issue is None or not viewer.looks:
        return None
    if viewer.writes and not matter.is_approved:
        return Button("Go on writing", issue_page(matter))
    return Button("See what goes out" if matter.is_approved else "Look at the issue", issue_page(matter), urges=False)


def issue_page(matter: Matter) -> str:
    """Return the address of the issue's page."""
    return reverse("admin:bulletins_bulletin_change", args=[matter.issue])


def mailing_page(matter: Matter) -> str:
    """Return the address of the mailing's page."""
    return reverse("admin:mailings_mailing_change", args=[matter.mailing])
