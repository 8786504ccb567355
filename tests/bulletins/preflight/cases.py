"""An issue of the corpus, made of the few words that a case names."""

import datetime
import tomllib
from pathlib import Path
from typing import Any

from bulletins.models import Bulletin, LinkCheck, NewsItem
from bulletins.schedule import first_wednesday, instant
from publication.models import Publication
from tests.factories import MARCH, make_bulletin, make_event, make_helpline, make_publication
from tests.mailings.cast import SUMMARY, make_readers, make_test_letter

CORPUS = Path(__file__).parent / "corpus"
Case = dict[str, Any]
OF_PUBLICATION = ("feedback_address", "sender_address", "sender_name", "name")
OF_ISSUE = ("title", "summary", "intro", "sign_off", "audience")
OF_ITEM = ("headline", "body", "link", "image", "image_alt")
DAY = datetime.timedelta(days=1)


def corpus() -> dict[str, dict[str, list[Case]]]:
    """Return the cases of each rule, those that must raise it and those that must not."""
    files = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(CORPUS.glob("*.toml")))
    return {rule: cases for file in files for rule, cases in file.items()}


def named_cases(what: str) -> list[tuple[str, Case]]:
    """Return each case of a kind with the name of its rule."""
    return [(rule, case) for rule, cases in corpus().items() for case in cases[what]]


def picked(case: Case, names: tuple[str, ...]) -> Case:
    """Return the fields of a case that go into one row."""
    return {name: case[name] for name in names if name in case}


def make_issue(case: Case) -> Bulletin:
    """Make the issue that a case describes, and all around it."""
    make_publication(**picked(case, OF_PUBLICATION))
    make_our_helplines()
    month = case.get("month", datetime.date(2026, 3, 1))
    hour = case.get("publish_at") or instant(first_wednesday(month.year, month.month), datetime.time(7, 30))
    fields = {
        "summary": SUMMARY,
        "publish_at": None if case.get("undated") else hour,
        "publish_reason": "for the test",
        "month": month,
    }
    bulletin = make_bulletin(**{**fields, **picked(case, OF_ISSUE)})
    write_parts(bulletin, case)
    for url, answer in case.get("checks", {}).items():
        looked = MARCH - DAY if answer else None
        LinkCheck.objects.create(url=url, asked_at=MARCH - DAY, looked_up_at=looked, answer=answer, words="looked up")
    make_readers(case.get("readers", 1))
    make_readers(case.get("pending", 0), first=100, status="pending")
    make_readers(case.get("unsubscribed", 0), first=200, status="unsubscribed")
    try_letter(bulletin, case)
    return bulletin


def make_our_helplines() -> None:
    """Make the helplines that the cases name."""
    checked = MARCH.date() - 30 * DAY
    make_helpline("Pond Line", number="0800 000 0101", checked_on=checked)
    make_helpline("Pond Line for Staff", number="0800 000 0303", checked_on=checked)
    make_helpline("Old Line", number="0808 000 0202", checked_on=MARCH.date() - 400 * DAY)
    make_helpline("Text Line", number="", other_way="Text CHAT to 85000", urgent=False)


def write_parts(bulletin: Bulletin, case: Case) -> None:
    """Write a case's words into the issue's section, its item and an event."""
    section = bulletin.sections.get()
    fields = picked(case, OF_ITEM)
    if kilobytes := case.get("kilobytes"):
        words = "".join(
            f"<p>Sentence {n} of a long story about a pond and a boat.</p>" for n in range(round(kilobytes * 18))
        )
        fields["body"] = words
    if "image" in fields:
        # Its size is known, so nobody opens the file.
        fields |= {"image_width": 1200, "image_height": 630}
    # Past what a form refuses: an import or a shell may write it.
    NewsItem.objects.filter(bulletin=bulletin).update(**fields)
    section.body = case.get("section_body", "")
    section.save()
    if case.get("no_items"):
        bulletin.items.all().delete()
    if "event" in case or "event_link" in case:
        make_event(section, start=case.get("event", MARCH + 7 * DAY), link=case.get("event_link", ""))


def try_letter(bulletin: Bulletin, case: Case) -> None:
    """Send the test of its letter that a case speaks of."""
    if not case.get("tested", True) or not Publication.objects.exists():
        return
    try:
        letter = make_test_letter(bulletin)
    except ValueError:
        return
    if case.get("refused"):
        letter.sent_at = None
        letter.save()
    if "changed" in case:
        NewsItem.objects.filter(bulletin=bulletin).update(headline=case["changed"])
